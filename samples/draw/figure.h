/* The drawn person: about 600 scene units tall, feet on pose.feet. */
#ifndef FIGURE_H
#define FIGURE_H

#include "canvas.h"

struct pose {
    struct point feet;
    double cycles; /* walk cycles done; a cycle is two steps */
    double stride; /* 0 stands .. 1 walks */
    double talk;   /* 0 arms hang .. 1 shows the card */
    double mouth;  /* 0 closed .. 1 wide open */
    double turn;   /* 0 looks at us .. 1 looks to the right */
    double t_s;    /* for blinking and breathing */
};

#define FIGURE_STEP_LENGTH 165.0 /* scene units the body moves per step, so that feet do not slide */

void figure_paint(struct canvas *c, const struct pose *pose);

#endif
