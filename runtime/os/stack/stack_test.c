// Stacks and switches.
#include "context_switch.h"
#include "stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

int main(void) {
    return 0;
}
