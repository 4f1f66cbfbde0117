# Every test_*.c of tests/unit and tests/table is one cmocka program; they share the other files there. tests/run-all runs the scripts of the other folders.
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)
file(GLOB TEST_SOURCES CONFIGURE_DEPENDS tests/unit/test_*.c tests/table/test_*.c)
file(GLOB SUPPORT_SOURCES CONFIGURE_DEPENDS tests/unit/*.c tests/table/*.c)
list(FILTER SUPPORT_SOURCES EXCLUDE REGEX "/(test_[^/]*|model_check.c)$")
add_library(testsupport STATIC ${SUPPORT_SOURCES})
foreach(SOURCE ${TEST_SOURCES})
  get_filename_component(NAME ${SOURCE} NAME_WE)
  add_executable(${NAME} ${SOURCE})
  target_link_libraries(${NAME} PRIVATE testsupport loraccore lrt PkgConfig::CMOCKA m)
  set_target_properties(${NAME} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${NAME} COMMAND ${NAME})
endforeach()
target_link_options(test_parallel PRIVATE LINKER:--wrap=lrt_parallel)

# What tests/random_models/run runs for each model.
add_executable(model_check tests/table/model_check.c)
target_link_libraries(model_check PRIVATE testsupport loraccore lrt PkgConfig::CMOCKA m)
set_target_properties(model_check PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
