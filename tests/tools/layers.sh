#!/bin/bash
# Keeps the house honest: no include across a forbidden arrow, and no clock, socket, thread, heap or library where the
# code must be a function of its arguments. Prints every breach; exit 1 when there is one.
# usage: BUILD=build layers.sh
set -u
build=${BUILD:-build}
breaches=0
breach() {
  echo "layers: $*"
  breaches=$((breaches + 1))
}

# folder = what its files may include of ours, as a pattern on the path
arrows='
topics        = ^topics/
certs         = ^(topics|certs)/
service/core  = ^(topics|certs|service/core|service/store/store\.h|service/config(_authority)?\.h|service/op/op\.h)
service/op    = ^(topics|certs|service/core|service/op|service/store/store\.h|service/config_authority\.h)
service/store = ^(topics|certs/thread\.h|service/store|service/core/secret\.h)
service/io    = ^(topics|certs|service/io|service/core|service/store/store\.h|service/config\.h)
service/gate  = ^(topics|certs/(peer|profile)\.h|service/gate|service/core/secret\.h|service/store/store\.h|service/io/entropy\.h)
service/ctl   = ^(topics|certs|service/ctl|service/io|service/core/(secret|time)\.h|service/store/store\.h|service/config)
device-client = ^(topics|certs|device-client)/
'
while IFS='=' read -r folder allowed; do
  folder=${folder// /}
  allowed=${allowed// /}
  [ -n "$folder" ] || continue
  while IFS=: read -r file _ include; do
    path=$(sed 's/.*"\(.*\)".*/\1/' <<<"$include")
    [[ $path == */* ]] || continue # generated text, included by one file
    [[ $path =~ $allowed ]] || breach "$file includes $path"
  done < <(grep -nE '^#include "' "$folder"/*.[ch])
done <<<"$arrows"

# library header = the one file that may see it (a pattern)
libraries='
MQTTAsync.h         = ^(service/io/mqtt(_message\.c|_internal\.h|\.c)|device-client/paho\.c)$
sqlite3.h           = ^service/(store/(db_sqlite|checkpoint|revoked)|gate/lookup)\.c$
mosquitto           = ^service/gate/
cjson/cJSON.h       = ^topics/document\.c$
libsmartcols        = ^service/ctl/out\.c$
openssl/(x509|pem)  = ^certs/
openssl/            = ^(certs/|service/io/secret\.c$|device-client/random\.c$)
'
while IFS='=' read -r header allowed; do
  header=$(sed 's/ *$//' <<<"$header")
  allowed=${allowed// /}
  [ -n "$header" ] || continue
  while IFS=: read -r file _; do
    [[ $file =~ $allowed ]] || breach "$file sees $header"
  done < <(grep -nE "^#include <$header" -r topics certs service device-client --include='*.c' --include='*.h')
done <<<"$libraries"

# Functions that the pure folders must not name.
impure='^(time|clock|gettimeofday|clock_gettime|localtime|gmtime|sleep|nanosleep|usleep|rand|random|srand|getrandom|malloc|calloc|realloc|free|strdup|mmap|open|fopen|read|write|close|printf|fprintf|puts|getenv|socket|connect|send|recv|poll|select|pthread_.*|sqlite3_.*|MQTT.*|EVP_.*|X509.*|RAND_.*|OPENSSL_.*|CRYPTO_.*|BIO_.*|PEM_.*)$'
for folder in topics service/core service/op; do
  for source in "$folder"/*.c; do
    object="$build/${source%.c}.o"
    [ -f "$object" ] || {
      breach "$object is missing: run make first"
      continue
    }
    for symbol in $(nm -u "$object" | awk '{print $2}' | sed 's/@.*//'); do
      [[ $symbol =~ $impure ]] && breach "$source names $symbol"
    done
  done
done

[ "$breaches" = 0 ] && echo "layers: every arrow holds"
exit $((breaches != 0))
