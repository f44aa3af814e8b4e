# Sourced by run.sh: the ports and the folder, looked at before anything is started. Uses $dir, $build, $plain, $mtls,
# $tls, $mode, $bind, say and die of run.sh.
# shellcheck shell=bash disable=SC2154

# --- ports ------------------------------------------------------------------------------------------------------------

# The inode of whatever listens on a loopback port (on 127.0.0.1, or on every address); nothing when it is free.
listener_inode() {
  cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port="$(printf ':%04X' "$1")" '
    $4 == "0A" && substr($2, length($2) - 4) == port {
      address = substr($2, 1, length($2) - 5)
      if (address ~ /^(0100007F|0+|0+FFFF00000100007F)$/) { print $10; exit }
    }'
}

holder_pid() {
  local fd pid
  for fd in /proc/[0-9]*/fd/*; do
    if [ "$(readlink "$fd" 2>/dev/null)" = "socket:[$1]" ]; then
      pid=${fd#/proc/}
      say "${pid%%/*}"
      return
    fi
  done
}

check_port() { # name, port
  local inode pid words="" free
  case "$2" in '' | *[!0-9]* | ??????*) die "$1=$2 is no port" "use a number from 1 to 65535" ;; esac
  { [ "$2" -ge 1 ] && [ "$2" -le 65535 ]; } || die "$1=$2 is no port" "use a number from 1 to 65535"
  free="make run $1=$(($2 < 55000 ? $2 + 10000 : $2 - 10000))"
  inode=$(listener_inode "$2")
  [ -n "$inode" ] || return 0
  pid=$(holder_pid "$inode")
  [ -z "$pid" ] || words=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)
  case "$words" in
  *mosquitto*/etc/mosquitto*)
    die "port $2 ($1) is in use by Debian's mosquitto service (process $pid)" \
      "stop it with: systemctl stop mosquitto (or: service mosquitto stop), or take another port: $free" ;;
  "")
    die "port $2 ($1) is in use by a program of another user, perhaps Debian's mosquitto service" \
      "systemctl stop mosquitto (or: service mosquitto stop), or take another port: $free" ;;
  *) die "port $2 ($1) is in use by process $pid: $words" "end it, or take another port: $free" ;;
  esac
}

# --- the folder -------------------------------------------------------------------------------------------------------

# What awk is given: it takes a name with = for an assignment, and one that begins with - for an option.
whole() { # path
  case "$1" in
  /*) say "$1" ;;
  *) say "$PWD/$1" ;;
  esac
}

# What each listener of mosquitto.conf is follows from its options; given the file twice, rewrites its ports.
listeners='
  FNR == 1 { pass++; at = 0 }
  $1 == "listener" { at++ }
  pass == 1 && $1 == "listener" { port[at] = $2; kind[at] = "plain" }
  pass == 1 && $1 == "certfile" && kind[at] == "plain" { kind[at] = "tls" }
  pass == 1 && $1 == "require_certificate" && $2 == "true" { kind[at] = "mtls" }
  pass == 2 && $1 == "listener" { $2 = kind[at] == "plain" ? plain : kind[at] == "tls" ? tls : mtls }
  pass == 2 { print }'
listener_ports() {
  awk "$listeners"' END { for (i = 1; i <= at; i++) print kind[i] "=" port[i] }' "$(whole "$dir/mosquitto.conf")" |
    sort | paste -sd ' '
}

# A file is replaced whole, so that an interruption leaves the old or the new one.
replace() { # file, awk's arguments
  local file=$1
  shift
  (umask 077 && awk "$@" >"$file.new" && chown --reference="$file" -- "$file.new" &&
    chmod --reference="$file" -- "$file.new") && sync -- "$file.new" && mv -- "$file.new" "$file" ||
    die "cannot write $file" "check the folder's owner and the space on the disk"
}

fit_ports() {
  local have want="mtls=$mtls plain=$plain tls=$tls"
  have=$(listener_ports)
  if [ "$have" != "$want" ]; then
    case "$have" in
    mtls=*\ plain=*\ tls=*\ *) have="" ;;
    mtls=*\ plain=*\ tls=*) ;;
    *) have="" ;;
    esac
    [ -n "$have" ] || die "$dir/mosquitto.conf has other listeners than the three of make run" \
      "set the ports there by hand, or use another folder: make run RUN_DIR=run2"
    say "ports: $have -> $want in $dir/mosquitto.conf"
    replace "$dir/mosquitto.conf" -v "plain=$plain" -v "mtls=$mtls" -v "tls=$tls" "$listeners" \
      "$(whole "$dir/mosquitto.conf")" "$(whole "$dir/mosquitto.conf")"
  fi
  # The service's own connection goes to the plain port.
  if [ "$(awk '$1 == "broker_port" { print $2 }' "$(whole "$dir/muster.conf")")" != "$plain" ]; then
    say "ports: broker_port $plain in $dir/muster.conf"
    replace "$dir/muster.conf" -v "port=$plain" '
      $1 == "broker_port" { print "broker_port " port; found = 1; next }
      { print }
      END { if (!found) print "broker_port " port }' "$(whole "$dir/muster.conf")"
  fi
}

check_paths() { # a folder that was moved: the broker's files are named by their whole path
  local file
  while read -r file; do
    [ -r "$file" ] || die "$dir/mosquitto.conf names $file, which cannot be read" \
      "if the folder or the programs were moved, remove $dir/mosquitto.conf: it is made anew"
  done < <(sed -n 's/^\(certfile\|keyfile\|cafile\|crlfile\|plugin\|plugin_opt_database\) //p' -- "$dir/mosquitto.conf")
}

take_folder() {
  (umask 077 && mkdir -p -- "$dir") || die "cannot make the folder $dir" "use another one: make run RUN_DIR=..."
  exec 9>"$dir/run.lock" || die "cannot write into the folder $dir" "run as the user who owns it, or use another one"
  flock -n 9 || die "another make run uses the folder $dir" "end that one, or use another folder: make run RUN_DIR=run2"
}

# The mode of a folder that is there stays.
choose_mode() {
  local have
  case "$mode" in '' | gated | open) ;; *) die "MODE=$mode is no mode" "use MODE=gated or MODE=open" ;; esac
  if [ -e "$dir/muster.conf" ]; then
    have=$(awk '$1 == "mode" { print $2 }' "$(whole "$dir/muster.conf")")
    have=${have:-gated}
    [ "${mode:-$have}" = "$have" ] || die "$dir is in mode $have, as its muster.conf says" \
      "leave MODE out, or use another folder: make run MODE=$mode RUN_DIR=run2"
    mode=$have
  fi
  mode=${mode:-gated}
}

init_folder() {
  local more=(--bind "$bind")
  [ "$mode" = gated ] || more=(--open)
  if [ ! -e "$dir/muster.conf" ] || [ ! -e "$dir/mosquitto.conf" ] || [ ! -e "$dir/crl.pem" ]; then
    # Its last paragraph tells how to start by hand what is started here anyway.
    "$build/musterctl" init "--dir=$dir" --plain-port "$plain" --mtls-port "$mtls" --tls-port "$tls" "${more[@]}" 9>&- |
      sed '/^$/,$d'
    [ "${PIPESTATUS[0]}" -eq 0 ] || exit 1
    say ""
  fi
  fit_ports
  check_paths
}
