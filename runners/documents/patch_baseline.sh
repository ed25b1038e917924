#!/bin/sh
# AWS-RunPatchBaseline: lists the packages that would be upgraded (Scan) or upgrades them (Install), and
# prints one line of JSON on standard output. All else, the package manager's output too, goes to standard
# error. Exit status: 0 when all went well.
#
# It looks at the machine through apt-get, dpkg-query, dnf, zypper and rpm only, and honours what they
# honour (APT_CONFIG, DPKG_ADMINDIR), so that it can be pointed at a root of its own without an option.
set -u

operation='{{ Operation }}'
reboot_option='{{ RebootOption }}'
lock_patience=600 # seconds that another package manager may take
lock_pause=10

export LC_ALL=C
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l
export ZYPP_LOCK_TIMEOUT="$lock_patience"

say() { echo "patch: $*" >&2; }
die() {
  say "$*"
  exit 1
}

work=$(mktemp -d "${TMPDIR:-/tmp}/lull-patch.XXXXXX") || die "can't make a folder for temporary files"
trap 'rm -rf "$work"' EXIT
trap 'exit 143' TERM INT HUP
chmod 755 "$work" # apt fetches as a user of its own

# --- What all of them share --------------------------------------------------------------------
#
# $work/planned: what would be upgraded, `name<TAB>installed<TAB>available` a line; installed is empty for
# a package that comes newly. $work/present: what is installed, `name<TAB>version` a line, several lines
# of one name where several versions are.

# Runs a command until it does not end because another one has the lock: $1 is how it says so, an exit
# status or, with a leading /, a text on standard error. Bounded by lock_patience.
with_lock() {
  lock_sign=$1
  shift
  waited=0
  while :; do
    "$@" 2>"$work/stderr" >&2
    lock_status=$?
    cat "$work/stderr" >&2
    case "$lock_sign" in
      /*) grep -q "${lock_sign#/}" "$work/stderr" && [ "$lock_status" -ne 0 ] || return "$lock_status" ;;
      *) [ "$lock_status" -eq "$lock_sign" ] || return "$lock_status" ;;
    esac
    if [ "$waited" -ge "$lock_patience" ]; then
      say "another package manager has been at work for $lock_patience seconds; try again later"
      return "$lock_status"
    fi
    sleep "$lock_pause"
    waited=$((waited + lock_pause))
  done
}

# Functions of awk: a text as JSON.
json_text='
function json(text,   i, c, out) {
  out = "\""
  for (i = 1; i <= length(text); i++) {
    c = substr(text, i, 1)
    if (c == "\\" || c == "\"") out = out "\\" c
    else if (c < " ") out = out "?"
    else out = out c
  }
  return out "\""
}'

# Members `pending`, of what is planned.
pending_json() {
  awk -F '\t' "$json_text"'
    { printf "%s{\"name\":%s,\"installed\":%s,\"available\":%s}", (NR > 1 ? "," : ""), json($1), json($2), json($3) }
  ' "$work/planned"
}

# Of each planned package, whether its new version is there now: `state<TAB>name<TAB>from<TAB>to`.
compare() {
  awk -F '\t' '
    FILENAME == ARGV[1] { present[$1 "\t" $2] = 1; next }
    { print ((($1 "\t" $3) in present) ? "installed" : "failed") "\t" $0 }
  ' "$work/present" "$work/planned" >"$work/compared"
}

packages_json() {
  awk -F '\t' "$json_text"'
    {
      printf "%s{\"name\":%s,\"from\":%s,\"to\":%s,\"state\":%s}", (NR > 1 ? "," : ""), json($2), json($3), json($4), json($1)
    }
  ' "$work/compared"
}

count_of() { awk -F '\t' -v state="$1" '$1 == state { n++ } END { print n + 0 }' "$work/compared"; }

# --- apt -----------------------------------------------------------------------------------------

apt_reboot_required() {
  apt_root=/
  eval "$(apt-config shell apt_root Dir/d)"
  if [ -e "${apt_root%/}/var/run/reboot-required" ]; then echo true; else echo false; fi
}

# apt-get with lists and caches of its own, so that a Scan leaves those of the machine as they are. What
# the machine has is copied first: only what has changed is fetched. Hooks of updates are left out.
apt_private() {
  apt-get -c "$work/apt.conf" "$@"
}
apt_make_private() {
  mkdir -p "$work/lists/partial" "$work/cache/archives/partial" || return 1
  apt_lists=
  eval "$(apt-config shell apt_lists Dir::State::lists/d)"
  if [ -d "$apt_lists" ]; then
    find "$apt_lists" -maxdepth 1 -type f ! -name lock -exec cp -p {} "$work/lists/" \; 2>/dev/null
  fi
  cat >"$work/apt.conf" <<EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
Dir::State::lists "$work/lists";
Dir::Cache "$work/cache";
Dir::Log "$work";
Debug::NoLocking "true";
EOF
}

# What `apt-get -s` would install, of its lines `Inst name [old] (new ...`. It removes nothing.
apt_plan() {
  "$@" -s upgrade --with-new-pkgs >"$work/simulated" || return 1
  awk '
    $1 == "Inst" {
      old = ""
      at = 3
      if ($3 ~ /^\[/) { old = substr($3, 2, length($3) - 2); at = 4 }
      print $2 "\t" old "\t" substr($at, 2)
    }
  ' "$work/simulated" >"$work/planned"
}

apt_present() {
  dpkg-query -W -f '${Package}\t${Architecture}\t${db:Status-Status}\t${Version}\n' | awk -F '\t' '
    $3 == "installed" { print $1 "\t" $4; print $1 ":" $2 "\t" $4 }
  ' >"$work/present"
}

apt_scan() {
  apt_make_private || return 1
  apt_private -o APT::Update::Error-Mode=any update >&2 || return 1
  apt_plan apt_private
}

apt_install() {
  with_lock '/Could not get lock' apt-get -o APT::Update::Error-Mode=any update || return 1
  apt_plan apt-get || return 1
  with_lock '/Could not get lock' apt-get -y -o DPkg::Lock::Timeout="$lock_patience" \
    -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold upgrade --with-new-pkgs
  install_status=$?
  apt_present
  return "$install_status"
}

# --- dnf -----------------------------------------------------------------------------------------

rpm_present() { rpm -qa --qf '%{NAME}.%{ARCH}\t%{EVR}\n' >"$work/present"; }

# The newest of each package that is upgraded: name.arch and its version. The versions that are
# installed come from rpm.
dnf_plan() {
  rpm_present || return 1
  "$@" -q repoquery --upgrades --latest-limit 1 --qf '%{name}.%{arch}\t%{evr}\n' >"$work/upgrades" ||
    return 1
  # dnf 4 prints \t as it is, or the tab; and no version, or epoch 0, differently.
  sed 's/\\t/	/g' "$work/upgrades" | awk -F '\t' '
    FILENAME == ARGV[1] { installed[$1] = $2; next }
    $1 == "" { next }
    { sub(/^0:/, "", $2) }
    !(($1, $2) in seen) { seen[$1, $2] = 1; print $1 "\t" installed[$1] "\t" $2 }
  ' "$work/present" - | sort >"$work/planned"
}

dnf_private() { dnf --setopt=cachedir="$work/cache" --setopt=logdir="$work" "$@"; }

dnf_scan() { dnf_plan dnf_private; }

dnf_install() {
  with_lock 200 dnf --setopt=exit_on_lock=True -q makecache --refresh || return 1
  dnf_plan dnf || return 1
  with_lock 200 dnf --setopt=exit_on_lock=True -y upgrade
  install_status=$?
  rpm_present
  return "$install_status"
}

dnf_reboot_required() {
  if command -v needs-restarting >/dev/null; then
    needs-restarting -r >&2
  elif dnf needs-restarting --help >/dev/null 2>&1; then
    dnf needs-restarting -r >&2
  else
    echo null
    return
  fi
  case $? in
    0) echo false ;;
    1) echo true ;;
    *) echo null ;;
  esac
}

# --- zypper --------------------------------------------------------------------------------------

# Of elements `<update kind="package" name="x" edition="2-1" arch="noarch" edition-old="1-1">`.
zypper_plan() {
  "$@" --xmlout list-updates >"$work/updates" || return 1
  awk '
    BEGIN { RS = "<" }
    function attribute(name,   at, rest) {
      at = index($0, " " name "=\"")
      if (at == 0) return ""
      rest = substr($0, at + length(name) + 3)
      return substr(rest, 1, index(rest, "\"") - 1)
    }
    /^update / && attribute("kind") == "package" {
      print attribute("name") "." attribute("arch") "\t" attribute("edition-old") "\t" attribute("edition")
    }
  ' "$work/updates" >"$work/planned"
}

zypper_private() { zypper --non-interactive --cache-dir "$work/cache" "$@"; }

zypper_scan() {
  zypper_private refresh >&2 || return 1
  zypper_plan zypper_private
}

zypper_install() {
  with_lock 7 zypper --non-interactive refresh || return 1
  zypper_plan zypper --non-interactive || return 1
  zypper_tries=0
  while :; do
    with_lock 7 zypper --non-interactive update --auto-agree-with-licenses
    install_status=$?
    zypper_tries=$((zypper_tries + 1))
    # 103: zypper itself was upgraded, the rest comes with the next one.
    [ "$install_status" -eq 103 ] && [ "$zypper_tries" -lt 3 ] || break
  done
  rpm_present
  case "$install_status" in
    100 | 101 | 102 | 103) return 0 ;; # no errors: what there still is, or that a restart is needed
    *) return "$install_status" ;;
  esac
}

zypper_reboot_required() {
  zypper --non-interactive needs-rebooting >&2
  case $? in
    0) echo false ;;
    102) echo true ;;
    *) if [ -e /run/reboot-needed ] || [ -e /boot/do_purge_kernels ]; then echo true; else echo null; fi ;;
  esac
}

# --- The operation -------------------------------------------------------------------------------

# The system's own package manager first: another one may be installed beside it.
choose_manager() {
  like=$(. /etc/os-release 2>/dev/null && echo "${ID:-} ${ID_LIKE:-}")
  order="apt zypper dnf"
  case " $like " in
    *suse* | *sles*) order="zypper dnf apt" ;;
    *rhel* | *fedora* | *centos* | *" amzn "*) order="dnf zypper apt" ;;
  esac
  for candidate in $order; do
    command=$candidate
    if [ "$candidate" = apt ]; then command=apt-get; fi
    if command -v "$command" >/dev/null; then
      manager=$candidate
      return 0
    fi
  done
  die "there is none of apt-get, dnf and zypper here"
}

# Whether this node may restart: never the one that Lull runs on, nor one whose name is not known.
may_reboot() {
  [ "$reboot_option" = RebootIfNeeded ] && [ -n "${LULL_NODE:-}" ] && [ "${LULL_NODE:-}" != local ] &&
    command -v shutdown >/dev/null
}

scan() {
  "${manager}_scan" || die "$manager can't tell what would be upgraded"
  printf '{"operation":"Scan","packageManager":"%s","rebootRequired":%s,"pending":[%s]}\n' \
    "$manager" "$("${manager}_reboot_required")" "$(pending_json)"
}

install() {
  "${manager}_install"
  status=$?
  [ -e "$work/planned" ] && [ -e "$work/present" ] || die "$manager can't tell what is to be upgraded"
  compare
  failed=$(count_of failed)
  required=$("${manager}_reboot_required")
  if [ "$status" -eq 0 ] && [ "$failed" -ne 0 ]; then status=1; fi
  rebooting=false
  # What failed is looked at first: a node that is half upgraded may not come back.
  if [ "$required" = true ] && [ "$status" -eq 0 ] && may_reboot; then rebooting=true; fi
  printf '{"operation":"Install","packageManager":"%s","installed":%s,"failed":%s,"rebootRequired":%s,"rebooting":%s,"packages":[%s]}\n' \
    "$manager" "$(count_of installed)" "$failed" "$required" "$rebooting" "$(packages_json)"
  if [ "$rebooting" = true ]; then
    shutdown -r +1 "Lull installed upgrades that ask for a restart" >&2 || status=1
  fi
  return "$status"
}

choose_manager
case "$operation" in
  Scan) scan ;;
  Install) install ;;
  *) die "unknown operation $operation" ;;
esac
