# shellcheck shell=sh disable=SC2154
# Shared by the scripts beside it; sourced, with $root set to the top of the tree. POSIX sh: on a fresh machine
# there is nothing else yet. Everything here talks on standard error.

say() { printf '%s\n' "$*" >&2; }

die() {
    say "$*"
    exit 1
}

# step TEXT COMMAND...: runs a command whose output matters only when it fails, and shows that it goes on.
step() {
    step_text=$1
    shift
    step_log=$(mktemp)
    step_start=$(date +%s)
    "$@" >"$step_log" 2>&1 </dev/null &
    step_pid=$!
    trap 'kill "$step_pid" 2>/dev/null; rm -f "$step_log"; exit 130' INT TERM HUP
    step_next=20
    [ -t 2 ] || say "$step_text ..."
    while kill -0 "$step_pid" 2>/dev/null; do
        step_seconds=$(($(date +%s) - step_start))
        if [ -t 2 ]; then
            printf '\r%s ... %d s' "$step_text" "$step_seconds" >&2
        elif [ "$step_seconds" -ge "$step_next" ]; then
            say "    $step_seconds s: $(tail -n 1 "$step_log" | cut -c 1-90)"
            step_next=$((step_next + 20))
        fi
        sleep 0.2
    done
    step_status=0
    wait "$step_pid" || step_status=$?
    trap - INT TERM HUP
    if [ -t 2 ]; then
        printf '\r%s: %d s    \n' "$step_text" "$(($(date +%s) - step_start))" >&2
    fi
    [ "$step_status" = 0 ] || tail -n 40 "$step_log" >&2
    rm -f "$step_log"
    return "$step_status"
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
        -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install "$@"
}

# Fresh package lists are needed when there are none, or when they are too old to install from.
apt_install_updating() {
    if ! apt_install "$@"; then
        as_root apt-get -q -y update && apt_install "$@"
    fi
}

# install_packages GROUP...: whatever of these groups of packages.txt is missing. A stamp, with the checksum of the
# list in it, remembers that nothing is; who may not write it into this tree asks dpkg every time.
install_packages() {
    stamp="$root/build/.packages.$(echo "$*" | tr ' ' .)"
    checksum=$(sha256sum <"$root/scripts/packages.txt")
    [ "$(cat "$stamp" 2>/dev/null)" != "$checksum" ] || return 0
    wanted=$(awk -v groups=" $* " '$1 !~ /^#/ && NF == 2 && index(groups, " " $1 " ") { print $2 }' \
        "$root/scripts/packages.txt")
    # shellcheck disable=SC2086
    present=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' $wanted 2>/dev/null |
        awk '$1 == "installed" { print $2 }')
    missing=
    for package in $wanted; do
        echo "$present" | grep -qxF "$package" || missing="$missing $package"
    done
    if [ -n "$missing" ]; then
        if [ "$(id -u)" != 0 ]; then
            command -v sudo >/dev/null ||
                die "These packages are missing; install them as root:" "apt-get install$missing"
            sudo -v || die "sudo is needed to install:$missing"
        fi
        # shellcheck disable=SC2086
        step "Installing $(echo $missing | wc -w) Debian packages" apt_install_updating $missing ||
            die "Could not install:$missing"
    fi
    { mkdir -p "$root/build" && echo "$checksum" >"$stamp"; } 2>/dev/null || :
}

# build DIRECTORY MESON-OPTION...: configures and compiles where that is needed; silent and quick where not.
build() {
    directory=$1
    shift
    if [ -e "$directory/build.ninja" ] && ninja -C "$directory" -n 2>/dev/null | grep -q 'no work to do'; then
        return 0
    fi
    mkdir -p "$directory"
    # Two starts at once: the second waits for the first.
    exec 9>"$directory/.lock"
    flock 9
    if [ ! -e "$directory/build.ninja" ]; then
        step "Configuring" meson setup "$@" "$directory" "$root" || die "meson failed in $directory"
    fi
    step "Building xspice (the first time takes minutes)" ninja -C "$directory" || die "ninja failed in $directory"
    exec 9>&-
}
