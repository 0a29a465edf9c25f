#include "sites.h"
