/* option_rows.h - tl-train's options as rows of a table, by what they are about. For train_options.c.
 */
#ifndef TL_TRAIN_OPTION_ROWS_H
#define TL_TRAIN_OPTION_ROWS_H

#include "train/train_options.h"

void tl_option_rows_add_course(struct tl_train_options *options);
void tl_option_rows_add_data(struct tl_train_options *options);
void tl_option_rows_add_search(struct tl_train_options *options);
void tl_option_rows_add_results(struct tl_train_options *options);
void tl_option_rows_add_actions(struct tl_train_options *options);

#endif
