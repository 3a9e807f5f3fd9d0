/* verbs.h - the verbs of tl-store: what each is called and the function behind it.
 *
 * A verb takes the command line from its own name on (argv[0] is the verb), answers --help itself, prints, and returns
 * the exit code.
 */
#ifndef TL_SERVE_STORE_VERBS_H
#define TL_SERVE_STORE_VERBS_H

#include "common/base/tool.h"

enum tl_exit tl_verb_info_run(int argc, char **argv);
enum tl_exit tl_verb_status_run(int argc, char **argv);
enum tl_exit tl_verb_query_run(int argc, char **argv);
enum tl_exit tl_verb_export_run(int argc, char **argv);
enum tl_exit tl_verb_relocate_run(int argc, char **argv);
enum tl_exit tl_verb_verify_run(int argc, char **argv);
enum tl_exit tl_verb_prune_run(int argc, char **argv);
enum tl_exit tl_verb_backup_run(int argc, char **argv);
enum tl_exit tl_verb_vacuum_run(int argc, char **argv);
enum tl_exit tl_verb_seal_run(int argc, char **argv);
enum tl_exit tl_verb_merge_run(int argc, char **argv);
enum tl_exit tl_verb_import_weights_run(int argc, char **argv);

#endif
