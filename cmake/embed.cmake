# Files become strings of a C header: cmake -DOUT=header.h "-DFILES=a.css;b.js" -P embed.cmake. The file report_page.css
# becomes the string report_page_css.
set(TEXT "// Made by cmake/embed.cmake.\n#pragma once\n")
foreach(FILE ${FILES})
  get_filename_component(NAME ${FILE} NAME)
  string(REPLACE "." "_" NAME ${NAME})
  file(READ ${FILE} BYTES HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," BYTES "${BYTES}")
  string(APPEND TEXT "static const char ${NAME}[] = {${BYTES}0};\n")
endforeach()
file(WRITE ${OUT} "${TEXT}")
