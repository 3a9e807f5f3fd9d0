/* modules.h - libvips's loadable modules: none at its start, and HEIF's when a photo asks for it.
 *
 * Loading all of them (PDF, ImageMagick, slides of microscopes, JPEG XL, HEIF) with the libraries they need takes six times as
 * long as all else that libvips does to start. None but HEIF's reads a format that we do.
 *
 *     is_held_back = tl_modules_hold_back();      before vips_init(), while there are no other threads
 *     vips_init("tl");
 *     tl_modules_let_go(is_held_back);            right after it
 *     tl_modules_load_heif();                     any thread, any number of times
 */
#ifndef TL_IMAGE_MODULES_H
#define TL_IMAGE_MODULES_H

#include <stdbool.h>

/* What hold_back() did is for let_go() to undo. Somebody who has set VIPSHOME, where libvips looks for modules, is obeyed. */
bool tl_modules_hold_back(void);
void tl_modules_let_go(bool is_held_back);

/* Does nothing where libvips has HEIF built in, or no module for it: the photo then meets a libvips without a loader for it. */
void tl_modules_load_heif(void);

#endif
