# The tests that are not a cmocka binary: rules of style, the front door, builds by other compilers and
# with other instrumentation, short campaigns. Labels: unit, replay, smoke, stress, tsan; `long` is left
# out by `gproof test`.
if(NOT BUILD_TESTING)
    return()
endif()

# Where other presets are built: beside build/release, or below a build folder of another name.
get_filename_component(build_name ${CMAKE_BINARY_DIR} NAME)
if(build_name STREQUAL "release")
    get_filename_component(build_root ${CMAKE_BINARY_DIR} DIRECTORY)
else()
    set(build_root ${CMAKE_BINARY_DIR}/presets)
endif()
set(checks ${PROJECT_SOURCE_DIR}/.ci)
set(door ${PROJECT_SOURCE_DIR}/gproof)

# check(NAME LABELS ... [TIMEOUT s] [NEEDS fixture ...] [SETS_UP fixture] COMMAND ...)
function(check name)
    cmake_parse_arguments(arg "SERIAL" "TIMEOUT;SETS_UP" "LABELS;NEEDS;COMMAND" ${ARGN})
    if(NOT arg_TIMEOUT)
        set(arg_TIMEOUT 120)
    endif()
    add_test(NAME ${name} COMMAND ${arg_COMMAND})
    set_tests_properties(${name} PROPERTIES LABELS "${arg_LABELS}" TIMEOUT ${arg_TIMEOUT}
        ENVIRONMENT "GPROOF_BUILD=${build_root}")
    if(arg_NEEDS)
        set_tests_properties(${name} PROPERTIES FIXTURES_REQUIRED "${arg_NEEDS}")
    endif()
    if(arg_SETS_UP)
        set_tests_properties(${name} PROPERTIES FIXTURES_SETUP ${arg_SETS_UP})
    endif()
    if(arg_SERIAL)
        set_tests_properties(${name} PROPERTIES RUN_SERIAL ON)
    endif()
endfunction()

# ---- the text of the project
check(style LABELS unit COMMAND ${checks}/style.sh ${PROJECT_SOURCE_DIR})
check(arrows LABELS unit COMMAND ${checks}/arrows.sh ${PROJECT_SOURCE_DIR})
check(format LABELS unit COMMAND ${checks}/format.sh ${PROJECT_SOURCE_DIR})
check(checks-can-fail LABELS unit COMMAND ${checks}/checks_test.sh ${PROJECT_SOURCE_DIR})
check(mutants-out LABELS unit COMMAND ${checks}/mutants_out_test.sh ${CMAKE_BINARY_DIR})
check(scripts LABELS unit COMMAND ${checks}/scripts.sh ${PROJECT_SOURCE_DIR})
check(tidy LABELS long tidy TIMEOUT 1800 COMMAND ${checks}/tidy.sh ${PROJECT_SOURCE_DIR} ${CMAKE_BINARY_DIR})
check(headers-compile-alone LABELS unit TIMEOUT 600
    COMMAND ${CMAKE_COMMAND} --build ${CMAKE_BINARY_DIR} --target all_verify_interface_header_sets)
check(no-mutable-globals LABELS unit COMMAND ${checks}/globals.sh
    $<TARGET_FILE:gproof_core_virtual> $<TARGET_FILE:gproof_core_noise> $<TARGET_FILE:gproof_exec_virtual>
    $<TARGET_FILE:gproof_exec_noise> $<TARGET_FILE:gproof_check> $<TARGET_FILE:gproof_trace>
    $<TARGET_FILE:gproof_corpus>)
check(no-kept-thread LABELS unit COMMAND ${checks}/kept_thread.sh
    $<TARGET_FILE:gproof_core_posix> $<TARGET_FILE:gproof_core_noise> $<TARGET_FILE:gproof_exec_posix>
    $<TARGET_FILE:gproof_exec_noise>)

# ---- the front door, which also builds what the tests below need
check(build-libfuzzer LABELS smoke TIMEOUT 600 SETS_UP libfuzzer SERIAL COMMAND ${door} hunt --help)
check(build-afl LABELS smoke TIMEOUT 600 SETS_UP afl SERIAL COMMAND ${door} hunt --engine afl --help)
check(build-posix LABELS smoke TIMEOUT 600 SETS_UP posix SERIAL COMMAND ${door} hunt --world posix --help)
check(build-tsan LABELS tsan TIMEOUT 600 SETS_UP tsan SERIAL COMMAND ${door} stress --sanitizer thread --help)
check(build-asan LABELS stress TIMEOUT 600 SETS_UP asan SERIAL COMMAND ${door} stress --sanitizer address --help)
check(front-door LABELS unit COMMAND ${checks}/front_door_test.sh ${PROJECT_SOURCE_DIR})

# ---- old findings, and equal traces for equal inputs
check(regressions LABELS replay COMMAND ${door} regressions
    ${PROJECT_SOURCE_DIR}/corpus/regressions ${PROJECT_SOURCE_DIR}/corpus/seeds)
check(traces-agree LABELS replay TIMEOUT 900 SERIAL
    COMMAND ${checks}/traces.sh ${PROJECT_SOURCE_DIR} ${build_root} release gcc debug)

# ---- campaigns
check(hunt LABELS smoke SERIAL TIMEOUT 300 NEEDS libfuzzer afl posix
    COMMAND ${PROJECT_SOURCE_DIR}/fuzz/hunt_test.sh ${door} ${CMAKE_BINARY_DIR}/hunt-test)

# ---- real threads
check(stress LABELS stress TIMEOUT 600 SERIAL COMMAND ${PROJECT_SOURCE_DIR}/stress/stress_test.sh
    "${door} stress" none ${CMAKE_BINARY_DIR}/stress-test)
check(stress-tsan LABELS tsan TIMEOUT 600 SERIAL NEEDS tsan COMMAND ${PROJECT_SOURCE_DIR}/stress/stress_test.sh
    "${door} stress --sanitizer thread" thread ${CMAKE_BINARY_DIR}/stress-test-tsan)
check(stress-asan LABELS stress TIMEOUT 600 SERIAL NEEDS asan COMMAND ${PROJECT_SOURCE_DIR}/stress/stress_test.sh
    "${door} stress --sanitizer address" address ${CMAKE_BINARY_DIR}/stress-test-asan)
check(stress-kill LABELS stress TIMEOUT 300 COMMAND ${PROJECT_SOURCE_DIR}/stress/kill_test.sh
    "${door} stress" "${door} corpus" ${CMAKE_BINARY_DIR}/kill-test)
