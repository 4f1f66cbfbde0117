#!/bin/sh
# A compiler whose second program starts from other adapters. $COUNT: a file that counts the programs.
cc "$@" || exit 1
for program; do :; done
echo >>"$COUNT"
[ "$(wc -l <"$COUNT")" = 2 ] || exit 0
mv "$program" "$program.true"
printf '#!/bin/sh\nexec "$0.true" $(echo "$@" | sed "s/--seed 0/--seed 9/")\n' >"$program"
chmod +x "$program"
