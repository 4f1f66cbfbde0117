# Reads tests/layers.txt, then sources: reports every #include "..." or <lorac/...> that the layers do not allow.
FNR == NR {
    if ($0 ~ /^#/ || $0 ~ /^$/) next
    folder = $1
    sub(/:$/, "", folder)
    allowed[folder] = folder
    for (i = 2; i <= NF; i++) allowed[folder] = allowed[folder] " " $i
    next
}
/^[ \t]*#[ \t]*include[ \t]*("|<lorac\/)/ {
    split($0, part, /["<>]/)
    file = part[2]
    best = ""
    for (folder in allowed)
        if (index(FILENAME, folder "/") == 1 && length(folder) > length(best)) best = folder
    if (best == "") next
    if (file !~ /\//) { print FILENAME ":" FNR ": include written from the repository root, please: " file; next }
    ok = 0
    count = split(allowed[best], list, " ")
    for (i = 1; i <= count; i++)
        if (index(file, list[i] "/") == 1 || file == list[i]) ok = 1
    if (!ok) print FILENAME ":" FNR ": " best " may not include " file
}
