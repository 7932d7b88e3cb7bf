// The whole native prediction, without Python, so that it can be built for another processor and run under emulation.
// Use: digest MODEL DATA LANES; prints, for each path of this processor, a digest of all probabilities of DATA.
// MODEL is what dump_model.py writes. The sums must be the same on every processor.
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "mixed_lanes.hpp"

namespace {

using bytezip::Element;

struct Dump {
  bytezip::Shape shape{};
  std::map<std::string, bytezip::Tensor> tensors;
  std::vector<std::vector<double>> memory;  // doubles: aligned for every element
};

Element element_of(const std::string& name) {
  return name == "int8" ? Element::int8 : name == "int16" ? Element::int16 : name == "int32" ? Element::int32 : Element::float32;
}

// A line of the shape, a line a tensor, an empty line, then the elements of the tensors in that order.
Dump read_model(const char* path) {
  std::ifstream file(path, std::ios::binary);
  Dump dump;
  std::string line;
  std::getline(file, line);
  std::istringstream(line) >> dump.shape.hidden_size >> dump.shape.num_layers >> dump.shape.num_query_heads >>
      dump.shape.num_key_value_heads >> dump.shape.attention_window >> dump.shape.mlp_size;
  struct Entry { std::string name, element; std::size_t bytes; std::vector<std::int64_t> shape; };
  std::vector<Entry> entries;
  while (std::getline(file, line) && !line.empty()) {
    std::istringstream words(line);
    Entry entry;
    words >> entry.name >> entry.element >> entry.bytes;
    entry.shape.assign(std::istream_iterator<std::int64_t>(words), {});
    entries.push_back(entry);
  }
  for (const Entry& entry : entries) {
    dump.memory.emplace_back(entry.bytes / sizeof(double) + 1);
    file.read(reinterpret_cast<char*>(dump.memory.back().data()), static_cast<std::streamsize>(entry.bytes));
    dump.tensors[entry.name] = {element_of(entry.element), entry.shape, dump.memory.back().data()};
  }
  if (!file) throw std::runtime_error("the model ends too early");
  return dump;
}

std::vector<std::uint8_t> read_data(const char* path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// FNV-1a over the probabilities in units of 2^-24, bit by bit as a decoder asks for them.
std::uint64_t digest(const Dump& dump, const std::string& path, const std::vector<std::uint8_t>& data, int lanes) {
  auto network = std::make_shared<const bytezip::Network>(dump.shape, bytezip::Tensors(dump.tensors), path);
  bytezip::MixedLanes mixed(network, lanes, 1, data.size(), 2, nullptr);
  const auto width = static_cast<std::size_t>(lanes);
  const std::size_t steps = data.size() / width;
  mixed.begin_block(steps * width, 32768, true);
  mixed.begin_row();
  std::vector<double> probability(width);
  std::vector<std::int32_t> bits(width);
  std::uint64_t hash = 14695981039346656037u;
  for (std::size_t step = 0; step < steps; ++step) {
    for (int bit = 7; bit >= 0; --bit) {
      mixed.predict(probability.data());
      for (std::size_t lane = 0; lane < width; ++lane) {
        hash = (hash ^ static_cast<std::uint64_t>(probability[lane] * (1 << 24))) * 1099511628211u;
        bits[lane] = data[step * width + lane] >> bit & 1;
      }
      mixed.update(bits.data());
    }
  }
  return hash;
}

}  // namespace

int main(int, char** arguments) {
  const Dump dump = read_model(arguments[1]);
  const std::vector<std::uint8_t> data = read_data(arguments[2]);
  for (const bytezip::Path* path : bytezip::available_paths())
    std::printf("%s %016llx\n", path->name,
                static_cast<unsigned long long>(digest(dump, path->name, data, std::stoi(arguments[3]))));
}
