#include "advance.hpp"
#include "path.hpp"
#include "vector_portable.hpp"

namespace bytezip {

extern const Path portable_path;
const Path portable_path{"portable", PortableVector::width, PortableVector::bias, PortableVector::square_bias, [] { return true; },
                         advance<PortableVector>};

}  // namespace bytezip
