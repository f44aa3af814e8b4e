# Sourced by run.sh: what to type, once the service answers. Uses $dir, $build, $plain, $mtls and $tls of run.sh.
# shellcheck shell=bash disable=SC2154,SC2016

# What the lines hold: folder and programs quoted, and the keys. They stand in the commands, and so in the history of
# whoever pastes them: these are for trying by hand.
look_around() {
  # What begins with - is a file for every program when ./ stands before it.
  case "$dir" in -*) d=./$dir ;; *) d=$dir ;; esac
  d=$(printf %q "$d") b=$(printf %q "$build")
  key=$(cat -- "$dir/provisioning.key") viewer=$(cat -- "$dir/viewer.key")
}

# Who reaches the broker, as its configuration says: "this machine alone", or the addresses.
print_reach() {
  awk '$1 == "listener" { address = NF > 2 ? $3 : "every address"
      if (address !~ /^(127\.|::1$)/ && !seen[address]++) list = list (list == "" ? "" : ", ") address }
    END { print list == "" ? "on this machine alone" : "TLS on " list }' "$(whole "$dir/mosquitto.conf")"
}

print_rest() {
  cat <<END

Look after the devices:
$b/musterctl --dir $d status
$b/musterctl --dir $d device list
$b/musterctl --dir $d watch
$b/musterctl --dir $d key create --uses 10 --expires 1h

Ctrl-C ends broker and service; the next make run finds everything again in $dir.

END
}

print_gated() {
  local d b key viewer
  look_around
  local tls_to="-h localhost -p $tls --cafile $d/ca.pem -q 1" topic=muster/v1/device
  local rr="mosquitto_rr $tls_to -V 5" own='-u dev1 -P "$(cat dev1.apikey)"'
  cat <<END

Muster is ready: plain $plain, TLS $tls, mutual TLS $mtls, $(print_reach). Each line below can be pasted as it is.

Watch the devices come and go (in another terminal):
mosquitto_sub $tls_to -i watcher -u operator -P $viewer -t 'muster/v1/event/default/+/status_changed' -v

Register a device with the provisioning key, and keep the API key of the answer, its password from now on:
$rr -i dev1 -u provision -P $key -t $topic/dev1/register -e $topic/dev1/reply -m '{"deviceName":"My first device"}' | tee dev1.register
sed 's/.*"apiKey":"\([^"]*\)".*/\1/' dev1.register > dev1.apikey

Give it a certificate for a key that never leaves it:
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout dev1.key -subj /CN=dev1 -out dev1.csr
$rr -i dev1 $own -t $topic/dev1/provision -e $topic/dev1/reply -m "{\"csr\":\"\$(awk '{ printf "%s\\\\n", \$0 }' dev1.csr)\"}" > dev1.json
sed 's/.*"certificatePem":"\([^"]*\)".*/\1/; s/\\\\n/\n/g' dev1.json > dev1.pem
openssl verify -x509_strict -purpose sslclient -CAfile $d/ca.pem dev1.pem

Or a second device in one step, its key made by the service:
$rr -i dev2 -u provision -P $key -t $topic/dev2/provision -e $topic/dev2/reply -m '{"deviceName":"My second device"}'

Bring it online, with its certificate or with its API key:
mosquitto_pub -h localhost -p $mtls --cafile $d/ca.pem --cert dev1.pem --key dev1.key -q 1 -i dev1~pub -t $topic/dev1/connect -m '{"session":"s1"}'
mosquitto_pub $tls_to -i dev1~pub $own -t $topic/dev1/heartbeat -m '{"session":"s1"}'

The same, all by itself, with the reference client:
$b/muster-device run --dir $d/device1 --broker localhost --port $tls --mtls-port $mtls --cafile $d/ca.pem --provisioning-key-file $d/provisioning.key --name "Device 1" --type sensor
END
  print_rest
}

print_open() {
  local d b key viewer q="-h localhost -p $plain -V 5 -q 1"
  look_around
  cat <<END

Muster is ready: plain $plain, TLS $tls, mutual TLS $mtls, on this machine alone, in open mode. Each line below can be pasted as it is.

Watch the devices come and go (in another terminal):
mosquitto_sub -h localhost -p $plain -q 1 -i watcher -u operator -P $viewer -t 'muster/v1/event/default/+/status_changed' -v

Register a device:
mosquitto_rr $q -i dev1~rr -t muster/v1/device/dev1/register -e muster/v1/device/dev1/reply -m '{"provisioningKey":"$key","deviceName":"My first device"}'

Give it a certificate for a key that never leaves it:
openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout dev1.key -subj /CN=dev1 -out dev1.csr
mosquitto_rr $q -i dev1~rr -t muster/v1/device/dev1/provision -e muster/v1/device/dev1/reply -m "{\"csr\":\"\$(awk '{ printf "%s\\\\n", \$0 }' dev1.csr)\"}" > dev1.json
sed 's/.*"certificatePem":"\([^"]*\)".*/\1/; s/\\\\n/\n/g' dev1.json > dev1.pem
openssl verify -x509_strict -purpose sslclient -CAfile $d/ca.pem dev1.pem

Or a second device in one step, its key made by the service:
mosquitto_rr $q -i dev2~rr -t muster/v1/device/dev2/provision -e muster/v1/device/dev2/reply -m '{"provisioningKey":"$key","deviceName":"My second device"}'

Bring it online, with the plain port or with its certificate:
mosquitto_pub -h localhost -p $plain -q 1 -i dev1~pub -t muster/v1/device/dev1/connect -m '{"session":"s1"}'
mosquitto_pub -h localhost -p $mtls --cafile $d/ca.pem --cert dev1.pem --key dev1.key -q 1 -i dev1~pub -t muster/v1/device/dev1/heartbeat -m '{"session":"s1"}'

The same, all by itself, with the reference client:
$b/muster-device run --dir $d/device1 --broker localhost --port $tls --mtls-port $mtls --cafile $d/ca.pem --provisioning-key-file $d/provisioning.key --open --name "Device 1" --type sensor
END
  print_rest
}
