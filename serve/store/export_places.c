/* export_places.c - see export_places.h. One query gives a row for each label of each place; rows of a place stand together. */
#include "serve/store/export_places.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/memory.h"

enum column { SHA256, PHOTO_ID, PATH, LABEL_SET, CLASS, SPLIT };

static const char PLACES_SQL[] =
    "SELECT lower(hex(c.sha256)), p.photo_id, p.path, l.label_set, l.class, l.split "
    "FROM photo p JOIN source s ON s.source_id = p.source_id JOIN content c ON c.content_id = p.content_id "
    "LEFT JOIN label l ON l.photo_id = p.photo_id "
    "WHERE p.missing_since_ms IS NULL ORDER BY c.sha256, s.name, p.path, l.class";

struct reading {
    struct tl_export_places places;
    size_t place_capacity, class_capacity;
    char **classes_of_places; /* by place: its class, one of class_names' strings, whose index is known last; NULL for none */
    bool has_several;         /* classes of the last place */
    char last_photo_id[24];
    const char *label_set;
    struct tl_error *err;
    enum tl_status status;
};

void tl_export_places_free(struct tl_export_places *places)
{
    for (size_t i = 0; i < places->count; i++) {
        tl_memory_free(places->items[i].path);
        tl_memory_free(places->items[i].split);
    }
    for (size_t i = 0; i < places->class_count; i++)
        tl_memory_free(places->class_names[i]);
    tl_memory_free(places->items);
    tl_memory_free(places->class_names);
    memset(places, 0, sizeof *places);
}

static bool fail_no_memory(struct reading *reading, size_t size_bytes)
{
    reading->status = tl_error_set_no_memory(reading->err, "a list of photos", size_bytes);
    return false;
}

static bool add_place(struct reading *reading, const char *const *values)
{
    struct tl_export_places *places = &reading->places;
    struct tl_export_place *place;

    if (places->count == reading->place_capacity) {
        size_t capacity = reading->place_capacity ? 2 * reading->place_capacity : 256;
        struct tl_export_place *items = tl_memory_resize(places->items, capacity, sizeof *items);
        char **classes;

        if (!items)
            return fail_no_memory(reading, capacity * sizeof *items);
        places->items = items;
        classes = tl_memory_resize(reading->classes_of_places, capacity, sizeof *classes);
        if (!classes)
            return fail_no_memory(reading, capacity * sizeof *classes);
        reading->classes_of_places = classes;
        reading->place_capacity = capacity;
    }
    place = &places->items[places->count];
    memset(place, 0, sizeof *place);
    if (!values[SHA256] || !tl_digest_from_hex(place->sha256, values[SHA256])) {
        reading->status = tl_error_set(reading->err, TL_CORRUPT, "a content's sha256 is not one");
        return false;
    }
    place->path = tl_memory_copy_string(values[PATH] ? values[PATH] : "");
    place->split = tl_memory_copy_string("");
    place->label = TL_EXPORT_UNLABELLED;
    reading->classes_of_places[places->count++] = NULL;
    reading->has_several = false;
    if (!place->path || !place->split)
        return fail_no_memory(reading, 0);
    return true;
}

/* The one string for a class's name, kept sorted; NULL when out of memory. */
static char *find_class(struct reading *reading, const char *name)
{
    struct tl_export_places *places = &reading->places;
    size_t low = 0, high = places->class_count;
    char *copy;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(name, places->class_names[middle]);

        if (order == 0)
            return places->class_names[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    if (places->class_count == reading->class_capacity) {
        size_t capacity = reading->class_capacity ? 2 * reading->class_capacity : 16;
        char **names = tl_memory_resize(places->class_names, capacity, sizeof *names);

        if (!names)
            return NULL;
        places->class_names = names;
        reading->class_capacity = capacity;
    }
    copy = tl_memory_copy_string(name);
    if (!copy)
        return NULL;
    memmove(&places->class_names[low + 1], &places->class_names[low], (places->class_count - low) * sizeof *places->class_names);
    places->class_names[low] = copy;
    places->class_count++;
    return copy;
}

static bool add_label(struct reading *reading, const char *const *values)
{
    size_t last = reading->places.count - 1;
    struct tl_export_place *place = &reading->places.items[last];
    char *name = find_class(reading, values[CLASS]);

    if (!name)
        return fail_no_memory(reading, strlen(values[CLASS]));
    if (reading->has_several)
        return true;
    if (reading->classes_of_places[last]) {
        reading->classes_of_places[last] = NULL;
        reading->has_several = true;
        reading->places.several_count++;
        return true;
    }
    reading->classes_of_places[last] = name;
    if (values[SPLIT]) {
        char *split = tl_memory_copy_string(values[SPLIT]);

        if (!split)
            return fail_no_memory(reading, strlen(values[SPLIT]));
        tl_memory_free(place->split);
        place->split = split;
    }
    return true;
}

static bool take_row(void *context, size_t column_count, const char *const *names, const char *const *values)
{
    struct reading *reading = context;

    (void)column_count;
    (void)names;
    if (reading->places.count == 0 || strcmp(reading->last_photo_id, values[PHOTO_ID]) != 0) {
        if (!add_place(reading, values))
            return false;
        strncpy(reading->last_photo_id, values[PHOTO_ID], sizeof reading->last_photo_id - 1);
    }
    if (values[LABEL_SET] && strcmp(values[LABEL_SET], reading->label_set) == 0)
        return add_label(reading, values);
    return true;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(char *const *)left, *(char *const *)right);
}

/* Places from names to indices, now that all names are known. */
static void number_classes(struct reading *reading)
{
    struct tl_export_places *places = &reading->places;

    for (size_t i = 0; i < places->count; i++) {
        char **found;

        if (!reading->classes_of_places[i])
            continue;
        found = bsearch(&reading->classes_of_places[i], places->class_names, places->class_count, sizeof *places->class_names,
                        compare_names);
        places->items[i].label = (long)(found - places->class_names);
    }
}

enum tl_status tl_export_places_read(struct tl_export_places *out, tl_store *store, const char *label_set, struct tl_error *err)
{
    struct reading reading = {.label_set = label_set, .err = err, .status = TL_OK};
    size_t labelled_count = 0;
    enum tl_status status;

    memset(out, 0, sizeof *out);
    status = tl_store_query(store, PLACES_SQL, take_row, &reading, err);
    if (status == TL_OK)
        status = reading.status;
    if (status != TL_OK)
        goto done;
    number_classes(&reading);
    for (size_t i = 0; i < reading.places.count; i++)
        labelled_count += reading.places.items[i].label != TL_EXPORT_UNLABELLED;
    reading.places.unlabelled_count = reading.places.count - labelled_count - reading.places.several_count;
    *out = reading.places;
    memset(&reading.places, 0, sizeof reading.places);
done:
    tl_export_places_free(&reading.places);
    tl_memory_free(reading.classes_of_places);
    return status;
}
