# liblrt.a: what ships with generated programs. Folders of runtime/ are parts; every .c in them belongs to the library.
file(GLOB LRT_SOURCES CONFIGURE_DEPENDS runtime/*.c runtime/*/*.c)
add_library(lrt STATIC ${LRT_SOURCES})
set_target_properties(lrt PROPERTIES ARCHIVE_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
target_link_libraries(lrt PUBLIC Threads::Threads m PRIVATE PkgConfig::JANSSON PkgConfig::PCRE2)
