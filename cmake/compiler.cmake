# build/lorac: main and a library of everything else, which the tests link too.
find_package(BISON 3.8 REQUIRED)
find_package(FLEX REQUIRED)
set(GENERATED ${CMAKE_BINARY_DIR}/generated/grammar)
file(MAKE_DIRECTORY ${GENERATED})

file(GLOB COMPILER_SOURCES CONFIGURE_DEPENDS compiler/*.c compiler/*/*.c codegen/*.c)
list(FILTER COMPILER_SOURCES EXCLUDE REGEX "compiler/main\\.c$")
set(GRAMMAR_SOURCES)
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/grammar/lorac.y)
  bison_target(lorac_parser grammar/lorac.y ${GENERATED}/parser.c DEFINES_FILE ${GENERATED}/parser.h
               COMPILE_FLAGS "-Wall -Werror")
  flex_target(lorac_lexer grammar/lorac.l ${GENERATED}/lexer.c DEFINES_FILE ${GENERATED}/lexer.h)
  add_flex_bison_dependency(lorac_lexer lorac_parser)
  set(GRAMMAR_SOURCES ${BISON_lorac_parser_OUTPUTS} ${FLEX_lorac_lexer_OUTPUTS})
  set_source_files_properties(${GRAMMAR_SOURCES} PROPERTIES COMPILE_OPTIONS "-Wno-conversion;-Wno-sign-conversion")
endif()
# The four source files of the HTML report's page are embedded in the compiler.
set(PAGE_HEADER ${CMAKE_BINARY_DIR}/generated/compiler/report/report_page.h)
set(PAGE_FILES)
foreach(FILE report_page.html report_page.css report_plan.js report_page.js)
  list(APPEND PAGE_FILES ${CMAKE_CURRENT_SOURCE_DIR}/compiler/report/${FILE})
endforeach()
add_custom_command(OUTPUT ${PAGE_HEADER}
                   COMMAND ${CMAKE_COMMAND} -DOUT=${PAGE_HEADER} "-DFILES=${PAGE_FILES}"
                           -P ${CMAKE_CURRENT_SOURCE_DIR}/cmake/embed.cmake
                   DEPENDS ${PAGE_FILES} cmake/embed.cmake VERBATIM)
add_library(loraccore STATIC ${COMPILER_SOURCES} ${GRAMMAR_SOURCES} ${PAGE_HEADER})
target_include_directories(loraccore PUBLIC ${CMAKE_BINARY_DIR}/generated)
target_link_libraries(loraccore PUBLIC lrt PkgConfig::JANSSON m)
if(EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/compiler/main.c)
  add_executable(lorac compiler/main.c)
  target_link_libraries(lorac PRIVATE loraccore)
endif()
