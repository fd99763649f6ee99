/* The landscape of the samples: 1920x1080 scene units, the path's near edge is where feet go. */
#ifndef SCENE_H
#define SCENE_H

#include "canvas.h"

#define SCENE_WIDTH 1920.0
#define SCENE_HEIGHT 1080.0
#define SCENE_PATH_Y 925.0

void scene_paint(struct canvas *c); /* all that does not move */
void scene_paint_birds(struct canvas *c, double t_s);
void scene_paint_front(struct canvas *c); /* grass before the figure's feet */

#endif
