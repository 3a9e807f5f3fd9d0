/* schema_sql.h - the files of schema/ inside the program; the table is made by embed_sql.sh.
 */
#ifndef TL_STORE_SCHEMA_SQL_H
#define TL_STORE_SCHEMA_SQL_H

struct tl_schema_sql {
    const char *name; /* "001-tables.sql": the number is the schema version it leads to; "views.sql" */
    const char *text;
};

/* By name; ends with a NULL name. */
extern const struct tl_schema_sql tl_schema_sql_files[];

#endif
