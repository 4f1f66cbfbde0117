# Programs for 64-bit ARM, under emulation: a script sources this and asks arm64_prepare whether this machine can have them.
# Then there are arm64, the command that runs one, arm64_link and arm64_test. The runtime and Debian's libraries for ARM
# are kept in build/arm64.
# shellcheck shell=bash disable=SC2034,SC2154 # for the scripts, and of lib.sh
arm64_root=$PWD/build/arm64/root
arm64=(qemu-aarch64 -L /usr/aarch64-linux-gnu -E "LD_LIBRARY_PATH=$arm64_root/usr/lib/aarch64-linux-gnu")

# Packages are fetched with lists of their own: the system's settings stay as they are.
arm64_fetch() {
    local state=$work/apt options
    [ -e "$arm64_root/usr/include/cmocka.h" ] && [ -e "$arm64_root/usr/include/utf8proc.h" ] && return
    mkdir -p "$state/lists/partial" "$state/archives/partial" "$arm64_root"
    options=(-o "Dir::State::lists=$state/lists" -o "Dir::Cache=$state" -o "APT::Architectures::=amd64" -o "APT::Architectures::=arm64" -o APT::Sandbox::User=root)
    apt-get "${options[@]}" update -qq >"$work/err" 2>&1 &&
        (cd "$state/archives" && apt-get "${options[@]}" download {libjansson-dev,libjansson4,libpcre2-dev,libpcre2-8-0,libutf8proc-dev,libutf8proc2,libcmocka-dev,libcmocka0}:arm64) >"$work/err" 2>&1 || return 1
    for package in "$state"/archives/*.deb; do dpkg-deb -x "$package" "$arm64_root" || return 1; done
}

# False: arm64_why says what is missing. A runtime that does not build is no such case.
arm64_prepare() {
    local tool
    for tool in aarch64-linux-gnu-gcc qemu-aarch64 apt-get dpkg-deb cmake; do
        command -v "$tool" >/dev/null && continue
        arm64_why="$tool is not installed (packages gcc-aarch64-linux-gnu, libc6-dev-arm64-cross, qemu-user)"
        return 1
    done
    arm64_why='the libraries for ARM cannot be fetched'
    arm64_fetch || return 1
    PKG_CONFIG_LIBDIR=$arm64_root/usr/lib/aarch64-linux-gnu/pkgconfig PKG_CONFIG_SYSROOT_DIR=$arm64_root \
        cmake -S . -B build/arm64 -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 -DCMAKE_C_COMPILER=aarch64-linux-gnu-gcc \
        -DCMAKE_BUILD_TYPE=Release -DLORAC_TESTS=OFF >"$work/err" 2>&1 && cmake --build build/arm64 --target lrt >"$work/err" 2>&1
    result $? 'the runtime for aarch64 builds'
}

# arm64_link PROGRAM OPTIONS-AND-SOURCES...
arm64_link() {
    local program=$1
    shift
    aarch64-linux-gnu-gcc -std=c11 -ffp-contract=off -D_GNU_SOURCE -I. -Iruntime/include -I"$arm64_root/usr/include" "$@" build/arm64/liblrt.a \
        -L"$arm64_root/usr/lib/aarch64-linux-gnu" -ljansson -lpcre2-8 -lutf8proc -lm -pthread -o "$program" 2>"$work/err"
    result $? "$(basename "$program"): linked for aarch64"
}

# arm64_test NAME: tests/unit/NAME.c
arm64_test() {
    arm64_link "$work/$1" -O2 "tests/unit/$1.c" tests/unit/estimating_model.c -Wl,--push-state,--no-as-needed "$arm64_root/usr/lib/aarch64-linux-gnu/libcmocka.so" -Wl,--pop-state
    code "$1 on aarch64" 0 "${arm64[@]}" "$work/$1"
}
