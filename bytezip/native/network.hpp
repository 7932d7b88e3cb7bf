// A network that is fit to run: checked, and packed for one path. Immutable, so any number of lanes may share it.
// Knows: the names of the tensors, the bounds of the model, packing.  Does not know: lanes, threads, Python.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "buffer.hpp"
#include "model.hpp"
#include "path.hpp"
#include "tensors.hpp"

namespace bytezip {

class Network {
 public:
  // Throws std::invalid_argument where shape or tensors do not describe a model, or the path does not exist.
  Network(const Shape& shape, Tensors tensors, const std::string& path_name);

  const Model& model() const { return model_; }
  const Path& path() const { return path_; }

 private:
  const Path& path_;
  std::unique_ptr<Buffer> memory_;
  std::vector<Layer> layers_;
  Model model_;
};

}  // namespace bytezip
