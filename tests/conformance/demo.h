/* An imaginary platform: the smallest adapter that is complete, and the platform itself. It is the example of
 * docs/ADDING-A-PLATFORM.md and the first subject of the conformance suite. */
#ifndef CONFORMANCE_DEMO_H
#define CONFORMANCE_DEMO_H

#include "tests/simulators/sim.h"
#include <crosscut/adapter.h>

extern const struct adapter adapter_demo;
/* Two that are wrong, so that the suite can show that it notices: one publishes again when the answer was lost, the
 * other believes the first look. */
extern const struct adapter adapter_careless, adapter_hasty;
extern const struct simulator sim_demo;

#endif
