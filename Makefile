# Muster. `make help` lists what there is. Sources are found by folder: a new file needs no line here.
BUILD     ?= build
MAKEFLAGS += --jobs=$(shell nproc)
PREFIX    ?= /usr/local
RUN_DIR   ?= run
PLAIN_PORT ?= 1883
MTLS_PORT ?= 8883
TLS_PORT  ?= 8884
MODE      ?=
BIND      ?= 127.0.0.1
VERSION   := 0.1.0
SOVERSION := 1
# 2026-11-21, in seconds since 1970: no clock that is right says less. Set with the version, so that builds are the same.
RELEASED  := $(or $(SOURCE_DATE_EPOCH),1795219200)

CC      := gcc
V       ?= 0
Q       := $(if $(filter 1,$(V)),,@)
# Warnings are errors; hardening as far as GCC 12 goes.
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wformat=2 -Wstrict-prototypes -Wmissing-prototypes -Werror
HARDEN  := -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIC
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
OPT     := -O2 -g
CFLAGS  ?=
ALL_CFLAGS = -std=c11 -D_GNU_SOURCE -I. -I$(BUILD) -DMUSTER_VERSION='"$(VERSION)"' $(OPT) $(FORTIFY) $(WARN) $(HARDEN) $(FILE_FLAGS) $(EXTRA) $(CFLAGS)
LINK    := -Wl,-z,relro,-z,now -Wl,--as-needed
LIBS_SERVICE := -lpaho-mqtt3as -lsqlite3 -lcjson -lcrypto -lpthread
LIBS_CTL     := -lpaho-mqtt3as -lcjson -lcrypto -lsmartcols -lpthread
LIBS_GATE    := -lsqlite3 -lcrypto
LIBS_DEVICE  := -lpaho-mqtt3as -lcjson -lcrypto -lpthread

src = $(sort $(foreach d,$(1),$(wildcard $(d)/*.c)))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

TOPICS  := $(call obj,$(call src,topics))
CERTS   := $(call obj,$(call src,certs))
CORE    := $(call obj,$(call src,service/core service/op))
STORE   := $(call obj,$(call src,service/store))
IO      := $(call obj,$(call src,service/io))
CTL     := $(call obj,$(call src,service/ctl))
CONFIG  := $(call obj,$(wildcard service/config*.c))
DEVICE  := $(call obj,$(filter-out device-client/main.c,$(call src,device-client)))

GATE    := $(call obj,$(call src,service/gate))
# What the gate takes of the others: it lives in the broker's process and shall be small.
GATE_PARTS := $(addprefix $(BUILD)/,certs/peer.o certs/profile.o service/io/secret.o \
  service/io/entropy.o topics/topic.o topics/id.o topics/stamp.o topics/siphash.o topics/json_write.o topics/timestamp.o)

PROGRAMS := $(BUILD)/musterd $(BUILD)/musterctl $(BUILD)/muster-device
LIBRARY  := $(BUILD)/libmuster-device.so.$(SOVERSION)

.PHONY: all setup run check containers layers tidy format asan cover clean install help
.DEFAULT_GOAL := all

all: setup $(PROGRAMS) $(BUILD)/muster_gate.so $(LIBRARY) $(BUILD)/muster-device.pc

# Installs the Debian packages that are missing; does nothing, at once, when none is.
setup:
	@service/dev/setup.sh $(SETUP_FOR)

$(BUILD)/%.o: %.c | setup
	@mkdir -p $(@D)
	$(Q)echo '  cc   $<'; $(CC) $(ALL_CFLAGS) -MMD -MP -c $< -o $@

# The migrations, as C text: service/store/schema/NNNN_name.sql in the order of their numbers.
$(BUILD)/migrations.inc: $(sort $(wildcard service/store/schema/*.sql))
	@mkdir -p $(@D)
	@for f in $^; do n=$$(basename $$f | sed 's/_.*//; s/^0*//'); printf '{%s, "%s",\n' $$n $$(basename $$f); \
	  sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$$/\\n"/' $$f; echo '},'; done > $@
$(BUILD)/service/store/migrate.o: $(BUILD)/migrations.inc
# A migration is one string, longer than the 4095 octets that C99 guarantees; GCC and clang have no such limit.
$(BUILD)/service/store/migrate.o: FILE_FLAGS := -Wno-overlength-strings

$(BUILD)/musterd: $(BUILD)/service/main.o $(CONFIG) $(IO) $(CORE) $(STORE) $(CERTS) $(TOPICS)
	$(Q)echo '  link $@'; $(CC) $(LINK) -pie $(EXTRA) $^ -o $@ $(LIBS_SERVICE)

CTL_IO := $(addprefix $(BUILD)/service/io/,loopback.o listeners.o mqtt.o mqtt_message.o clock.o entropy.o secret.o)
$(BUILD)/musterctl: $(CTL) $(CONFIG) $(CTL_IO) $(STORE) $(CERTS) $(TOPICS)
	$(Q)echo '  link $@'; $(CC) $(LINK) -pie $(EXTRA) $^ -o $@ -lsqlite3 $(LIBS_CTL)

$(LIBRARY): $(DEVICE) $(CERTS) $(TOPICS) device-client/muster_device.map
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) -shared -Wl,-soname,libmuster-device.so.$(SOVERSION) \
	  -Wl,--version-script=device-client/muster_device.map $(filter %.o,$^) -o $@ $(LIBS_DEVICE)
	@ln -sf libmuster-device.so.$(SOVERSION) $(BUILD)/libmuster-device.so

# The broker's plugin: nothing of it is seen from outside but its three entries; the broker has the rest of what it calls.
$(BUILD)/muster_gate.so: $(GATE) $(GATE_PARTS) service/gate/muster_gate.map
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) -shared -Wl,--version-script=service/gate/muster_gate.map \
	  $(filter %.o,$^) -o $@ $(LIBS_GATE)

$(BUILD)/device-client/device.o: FILE_FLAGS := -DMUSTER_RELEASED=$(RELEASED)

$(BUILD)/muster-device: $(BUILD)/device-client/main.o $(DEVICE) $(CERTS) $(TOPICS)
	$(Q)echo '  link $@'; $(CC) $(LINK) -pie $(EXTRA) $^ -o $@ $(LIBS_DEVICE)

$(BUILD)/muster-device.pc: device-client/muster-device.pc.in
	@mkdir -p $(@D)
	@sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' $< > $@

run: SETUP_FOR = run
run: all
	@BUILD=$(BUILD) MODE=$(MODE) BIND=$(BIND) service/dev/run.sh "$(RUN_DIR)" $(PLAIN_PORT) $(MTLS_PORT) $(TLS_PORT)

check: SETUP_FOR = check
check: all
	@BUILD=$(BUILD) tests/tools/check.sh

include tests/tests.mk

# The images and the compose file of docker/, built and run with podman. Not a part of check: it needs root and minutes.
containers: all
	@BUILD=$(BUILD) tests/containers/run.sh

layers: all
	@BUILD=$(BUILD) tests/tools/layers.sh

tidy: SETUP_FOR = check
tidy: all layers
	@BUILD=$(BUILD) tests/tools/tidy.sh

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

# All tests again, with AddressSanitizer and UndefinedBehaviorSanitizer in every program of ours.
asan:
	$(MAKE) BUILD=build-asan OPT='-O1 -g' FORTIFY= EXTRA='-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer' check

cover:
	$(MAKE) BUILD=build-cover OPT='-O0 -g -DNDEBUG' FORTIFY= EXTRA='--coverage' setup
	@BUILD=build-cover MAKE='$(MAKE)' tests/tools/cover.sh

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/lib/muster $(DESTDIR)$(PREFIX)/lib/pkgconfig $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(PREFIX)/share/doc/muster
	install -m 755 $(PROGRAMS) $(DESTDIR)$(PREFIX)/bin/
	install -m 644 $(LIBRARY) $(DESTDIR)$(PREFIX)/lib/
	install -m 644 $(BUILD)/muster_gate.so $(DESTDIR)$(PREFIX)/lib/muster/
	ln -sf libmuster-device.so.$(SOVERSION) $(DESTDIR)$(PREFIX)/lib/libmuster-device.so
	install -m 644 device-client/muster_device.h $(DESTDIR)$(PREFIX)/include/
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|' device-client/muster-device.pc.in > $(DESTDIR)$(PREFIX)/lib/pkgconfig/muster-device.pc
	install -m 644 README.md LICENSE docs/*.md $(DESTDIR)$(PREFIX)/share/doc/muster/

clean:
	rm -rf build build-asan build-cover

help:
	@echo 'make            build everything into build/ (installs missing Debian packages first)'
	@echo 'make run        broker and service in the foreground, state in RUN_DIR=run, with commands to paste'
	@echo '                RUN_DIR=run PLAIN_PORT=1883 MTLS_PORT=8883 TLS_PORT=8884 MODE=gated|open BIND=127.0.0.1'
	@echo 'make check      all tests; the last line is "N passed, N failed"'
	@echo 'make bench      what the gate costs, and what a million devices do, against programs that do nothing else;'
	@echo '                STEPS="logins enrol" runs some steps only, RESUME=1 leaves out what is done'
	@echo 'make fuzz-gate  a million packets that are nearly right, against a gate with the sanitizers; SEED=N repeats one'
	@echo 'make containers images and compose file of docker/, built and tried with podman (as root)'
	@echo 'make asan       all tests with the address and undefined-behaviour sanitizers'
	@echo 'make tidy       clang-format, clang-tidy, cppcheck, layers'
	@echo 'make layers     no file includes or calls across a forbidden arrow'
	@echo 'make cover      line and branch coverage, file by file'
	@echo 'make install    DESTDIR= PREFIX=/usr/local'
	@echo 'make format     let clang-format lay out the sources'
	@echo 'make clean      remove what was built'

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
