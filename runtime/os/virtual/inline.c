// The inline functions of virtual/os_impl.h as real ones, for TSan builds; otherwise an empty file.
#define OS_VIRTUAL_BODIES
#include "os.h"
