#include <cstdlib>
#include <stdexcept>

#include "path.hpp"

namespace bytezip {

extern const Path portable_path;
#if defined(BYTEZIP_X86)
extern const Path avx2_path;
extern const Path avxvnni_path;
extern const Path avx512vnni_path;
#elif defined(BYTEZIP_ARM)
extern const Path neon_path;
#endif

namespace {

const Path* const kPaths[] = {
#if defined(BYTEZIP_X86)
    &avx512vnni_path, &avxvnni_path, &avx2_path,
#elif defined(BYTEZIP_ARM)
    &neon_path,
#endif
    &portable_path,
};

}  // namespace

std::vector<const Path*> available_paths() {
  std::vector<const Path*> found;
  for (const Path* path : kPaths)
    if (path->available()) found.push_back(path);
  return found;
}

const Path& choose_path(const std::string& name) {
  const char* variable = std::getenv("BYTEZIP_SIMD");
  const std::string wanted = !name.empty() || variable == nullptr ? name : variable;
  const auto paths = available_paths();
  if (wanted.empty()) return *paths.front();
  std::string names;
  for (const Path* path : paths) {
    if (wanted == path->name) return *path;
    names += (names.empty() ? "" : ", ") + std::string(path->name);
  }
  throw std::invalid_argument("no SIMD path '" + wanted + "' on this machine: available are " + names);
}

}  // namespace bytezip
