# Unit tests: tests/unit/test_NAME.c is one program, linked with the libraries of ours as an archive, so that each takes
# only what it uses. A test that stands in for a module brings its own body: the archive's is then not taken.
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
UNIT_TESTS   := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(UNIT_SOURCES))

$(BUILD)/libmuster-test.a: $(TOPICS) $(CERTS) $(CORE) $(STORE) $(IO) $(CONFIG) $(DEVICE) $(GATE) tests/tests.mk
	@rm -f $@
	@ar rcs $@ $(filter %.o,$^)

$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libmuster-test.a
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) $^ -o $@ $(LIBS_SERVICE) -lssl

# A clock that is wrong, for a program of the system tests.
$(BUILD)/tests/system/clock.so: tests/system/clock.c
	@mkdir -p $(@D)
	$(Q)echo '  link $@'; $(CC) $(ALL_CFLAGS) $(LINK) -shared $< -o $@
tests-built: $(BUILD)/tests/system/clock.so

.PHONY: tests-built
tests-built: all $(UNIT_TESTS)
check: tests-built
.SECONDARY:

# Flow tests: traces of events in and effects out, through the real loop, core and store, without a broker. The hooks let
# a trace fail a statement, play the authority, and say that the parking is full.
FLOW_HOOKS := -Wl,--wrap=sqlite3_step,--wrap=sqlite3_open_v2,--wrap=parking_may_wait \
  -Wl,--wrap=ca_issue_device,--wrap=ca_read_request,--wrap=ca_validity,--wrap=ca_bundle,--wrap=ca_issuer_id
$(BUILD)/tests/flow/run_traces: $(call obj,$(call src,tests/flow)) $(BUILD)/libmuster-test.a
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) $(FLOW_HOOKS) $^ -o $@ $(LIBS_SERVICE) -lssl
tests-built: $(BUILD)/tests/flow/run_traces

# A year in minutes: a fleet of 10,000 and the service, in the world of the flow tests.
YEAR_WORLD := $(addprefix $(BUILD)/tests/flow/,edge.o world.o hooks.o sound.o verify.o match.o)
$(BUILD)/tests/year/run_year: $(call obj,$(call src,tests/year)) $(YEAR_WORLD) $(BUILD)/libmuster-test.a
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) $(FLOW_HOOKS) $^ -o $@ $(LIBS_SERVICE) -lssl
tests-built: $(BUILD)/tests/year/run_year

# Benches: tests/bench/*.py by the tools in C beside them. make bench STEPS="logins block" runs some steps only.
BENCH_TOOLS := $(addprefix $(BUILD)/tests/bench/,swarm sink fill auth_cost fleet null_outbox null_start issue_cost issue_store crl_cost)
WIRE := $(call obj,$(call src,tests/wire))
FILL := $(addprefix $(BUILD)/tests/bench/,fill_rows.o fleet_id.o store_connection.o)
$(BUILD)/tests/bench/swarm: $(BUILD)/tests/bench/swarm.o $(WIRE)
$(BUILD)/tests/bench/fleet: $(addprefix $(BUILD)/tests/bench/,fleet.o fleet_beat.o fleet_hear.o fleet_id.o) $(WIRE)
$(BUILD)/tests/bench/null_outbox: $(addprefix $(BUILD)/tests/bench/,null_outbox.o fleet_id.o store_connection.o) $(BUILD)/libmuster-test.a
$(BUILD)/tests/bench/null_start: $(BUILD)/tests/bench/null_start.o
$(BUILD)/tests/bench/sink: $(BUILD)/tests/bench/sink.o
$(BUILD)/tests/bench/fill: $(BUILD)/tests/bench/fill.o $(FILL) $(BUILD)/libmuster-test.a
$(BUILD)/tests/bench/auth_cost: $(BUILD)/tests/bench/auth_cost.o $(FILL) $(BUILD)/libmuster-test.a
$(BUILD)/tests/bench/crl_cost: $(BUILD)/tests/bench/crl_cost.o $(BUILD)/libmuster-test.a
ISSUE := $(addprefix $(BUILD)/tests/bench/,authority.o null_arithmetic.o)
$(BUILD)/tests/bench/issue_cost: $(BUILD)/tests/bench/issue_cost.o $(ISSUE) $(BUILD)/libmuster-test.a
$(BUILD)/tests/bench/issue_store: $(addprefix $(BUILD)/tests/bench/,issue_store.o issue_ours.o issue_null.o) $(ISSUE) $(FILL) $(BUILD)/libmuster-test.a
$(BENCH_TOOLS):
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) $^ -o $@ $(LIBS_SERVICE) -lssl

.PHONY: bench bench-built
bench-built: all $(BENCH_TOOLS)
bench: SETUP_FOR = bench
bench: bench-built
	@BUILD=$(BUILD) tests/bench/bench.py $(STEPS)

# Of the steps in which devices are given certificates and keys.
CLAIM_TOOLS := $(addprefix $(BUILD)/tests/bench/,claims csrs null_issuer null_keys)
$(BUILD)/tests/bench/claims $(BUILD)/tests/bench/null_issuer $(BUILD)/tests/bench/null_keys: $(WIRE)
$(BUILD)/tests/bench/csrs $(BUILD)/tests/bench/null_issuer: $(BUILD)/libmuster-test.a
$(BUILD)/tests/bench/null_issuer: $(BUILD)/tests/bench/null_rows.o $(BUILD)/tests/bench/store_connection.o
$(CLAIM_TOOLS): %: %.o
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) $(filter %.o,$^) $(filter %.a,$^) -o $@ $(LIBS_SERVICE) -lssl
bench: $(CLAIM_TOOLS)

# The storm: packets that are nearly right, against a broker with the gate built with the sanitizers (tests/fuzz/gate.sh).
# In a build that has them anyway the gate is the one that is there.
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
STORM_GATE := $(if $(findstring fsanitize=address,$(EXTRA)),$(BUILD)/muster_gate.so,$(BUILD)/storm/muster_gate.so)
$(BUILD)/storm/muster_gate.so: FORCE
	@MAKEFLAGS= $(MAKE) --no-print-directory BUILD=$(BUILD)/storm OPT='-O1 -g' FORTIFY= EXTRA='$(SANITIZE)' $@
$(BUILD)/tests/fuzz/storm/storm: $(call obj,$(call src,tests/fuzz/storm)) $(WIRE)
	$(Q)echo '  link $@'; $(CC) $(LINK) $(EXTRA) $^ -o $@
.PHONY: FORCE storm-built fuzz-gate
FORCE:
storm-built: all $(STORM_GATE) $(BUILD)/tests/fuzz/storm/storm $(BUILD)/tests/bench/fill
tests-built: storm-built
fuzz-gate: SETUP_FOR = check
fuzz-gate: storm-built
	@BUILD=$(BUILD) tests/fuzz/gate.sh 1000000
