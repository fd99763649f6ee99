/* What a run says while it works: progress for people on stderr, --events for programs. */
#ifndef CLI_TELL_H
#define CLI_TELL_H

#include "cli/command.h"
#include "publish/engine.h"
#include "render/render.h"

struct tell;

struct tell *tell_open(const struct options *options, struct error *err);
/* False: events could not all be written. Accepts NULL. */
bool tell_close(struct tell *tell, struct error *err);
void tell_engine(struct tell *tell, const struct engine_event *event);
void tell_render(struct tell *tell, const char *master, const struct render_progress *progress);
/* `outcome` stays on the screen: "rendered", or why not. */
void tell_render_end(struct tell *tell, const char *master, const char *outcome);
void tell_tick(struct tell *tell);

#endif
