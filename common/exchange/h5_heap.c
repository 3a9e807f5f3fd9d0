/* h5_heap.c - references from the attribute, collections from the file, one collection kept at a time. */
#include "common/exchange/h5_heap.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "common/base/memory.h"
#include "common/exchange/h5.h"

enum {
    REFERENCE_BYTES = 16,           /* length u32, collection address u64, object index u32 */
    COLLECTION_HEAD_BYTES = 16,     /* "GCOL", version u8, 3 reserved, size u64 */
    OBJECT_HEAD_BYTES = 16,         /* index u16, reference count u16, 4 reserved, size u64; then the bytes, padded to 8 */
    COLLECTION_BYTES_MAX = 16 << 20 /* a whole model's description is one object, and names may share its collection */
};

struct tl_h5_heap {
    int descriptor; /* HDF5's own */
    uint64_t base_bytes;
    size_t count;
    uint8_t *references;
    uint64_t address; /* of the collection in `bytes` */
    uint8_t *bytes;
    size_t size_bytes;
};

static uint64_t read_number(const uint8_t *bytes, size_t size_bytes)
{
    uint64_t value = 0;

    for (size_t i = size_bytes; i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

/* The references as they are: what HDF5 calls to "convert" them. */
static herr_t keep_references(hid_t source, hid_t target, H5T_cdata_t *data, size_t count, size_t buffer_stride,
                              size_t background_stride, void *buffer, void *background, hid_t transfer)
{
    (void)source, (void)target, (void)count, (void)buffer_stride, (void)background_stride;
    (void)buffer, (void)background, (void)transfer;
    data->need_bkg = H5T_BKG_NO;
    return 0;
}

/* The conversion is HDF5's own, global state: it is there for this one read. */
static herr_t read_references(tl_h5_heap *heap, hid_t attribute, hid_t type)
{
    static const char name[] = "tl references";
    hid_t raw = H5Tcreate(H5T_OPAQUE, REFERENCE_BYTES);
    herr_t result = -1;

    if (raw < 0)
        return -1;
    if (H5Tregister(H5T_PERS_SOFT, name, type, raw, keep_references) >= 0) {
        result = H5Aread(attribute, raw, heap->references);
        H5Tunregister(H5T_PERS_SOFT, name, type, raw, keep_references);
    }
    H5Tclose(raw);
    return result;
}

static enum tl_status examine_file(tl_h5_heap *heap, hid_t attribute, struct tl_error *err)
{
    hid_t file = H5Iget_file_id(attribute), creation = file >= 0 ? H5Fget_create_plist(file) : H5I_INVALID_HID;
    size_t address_bytes = 0, length_bytes = 0;
    hsize_t base_bytes = 0;
    void *handle = NULL;
    enum tl_status status = TL_OK;

    if (creation < 0 || H5Pget_sizes(creation, &address_bytes, &length_bytes) < 0 ||
        H5Pget_userblock(creation, &base_bytes) < 0 || H5Fget_vfd_handle(file, H5P_DEFAULT, &handle) < 0 || !handle)
        status = tl_h5_fail(err, TL_BAD_INPUT, "the file's layout cannot be read");
    else if (address_bytes != 8 || length_bytes != 8)
        status = tl_error_set(err, TL_BAD_INPUT, "an HDF5 file with addresses of %zu bytes and lengths of %zu, expected 8",
                              address_bytes, length_bytes);
    else
        heap->descriptor = *(const int *)handle;
    heap->base_bytes = base_bytes;
    if (creation >= 0)
        H5Pclose(creation);
    if (file >= 0)
        H5Fclose(file);
    return status;
}

enum tl_status tl_h5_heap_open(tl_h5_heap **out, hid_t attribute, hid_t type, size_t count, struct tl_error *err)
{
    tl_h5_heap *heap = tl_memory_alloc(1, sizeof *heap);
    enum tl_status status;

    *out = NULL;
    if (!heap)
        return tl_error_set_no_memory(err, "a heap", sizeof *heap);
    heap->count = count;
    heap->references = tl_memory_alloc(count, REFERENCE_BYTES);
    if (!heap->references)
        status = tl_error_set_no_memory(err, "references", count * REFERENCE_BYTES);
    else
        status = examine_file(heap, attribute, err);
    if (status == TL_OK && read_references(heap, attribute, type) < 0)
        status = tl_h5_fail(err, TL_BAD_INPUT, "references to strings cannot be read");
    if (status != TL_OK) {
        tl_h5_heap_close(heap);
        return status;
    }
    *out = heap;
    return TL_OK;
}

void tl_h5_heap_close(tl_h5_heap *heap)
{
    if (!heap)
        return;
    tl_memory_free(heap->references);
    tl_memory_free(heap->bytes);
    tl_memory_free(heap);
}

static enum tl_status read_at(const tl_h5_heap *heap, uint8_t *bytes, size_t size_bytes, uint64_t address, struct tl_error *err)
{
    size_t done_bytes = 0;

    if (address > INT64_MAX - heap->base_bytes - size_bytes)
        return tl_error_set(err, TL_BAD_INPUT, "a string lies at address %llu", (unsigned long long)address);
    while (done_bytes < size_bytes) {
        ssize_t got = pread(heap->descriptor, bytes + done_bytes, size_bytes - done_bytes,
                            (off_t)(heap->base_bytes + address + done_bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return tl_error_set(err, TL_IO, "cannot be read: %s", strerror(errno));
        if (got == 0)
            return tl_error_set(err, TL_BAD_INPUT, "a string's heap at address %llu ends beyond the file",
                                (unsigned long long)address);
        done_bytes += (size_t)got;
    }
    return TL_OK;
}

static enum tl_status load_collection(tl_h5_heap *heap, uint64_t address, struct tl_error *err)
{
    static const uint8_t start[8] = {'G', 'C', 'O', 'L', 1, 0, 0, 0};
    uint8_t head[COLLECTION_HEAD_BYTES];
    uint64_t size_bytes;
    enum tl_status status;

    if (heap->bytes && heap->address == address)
        return TL_OK;
    tl_memory_free(heap->bytes);
    heap->bytes = NULL;
    status = read_at(heap, head, sizeof head, address, err);
    if (status != TL_OK)
        return status;
    size_bytes = read_number(head + 8, 8);
    if (memcmp(head, start, sizeof start) != 0 || size_bytes < COLLECTION_HEAD_BYTES || size_bytes > COLLECTION_BYTES_MAX)
        return tl_error_set(err, TL_BAD_INPUT, "expected a heap of strings at address %llu, found none of a sane size",
                            (unsigned long long)address);
    heap->bytes = tl_memory_alloc((size_t)size_bytes, 1);
    if (!heap->bytes)
        return tl_error_set_no_memory(err, "a heap of strings", size_bytes);
    heap->address = address;
    heap->size_bytes = (size_t)size_bytes;
    status = read_at(heap, heap->bytes, heap->size_bytes, address, err);
    if (status != TL_OK) {
        tl_memory_free(heap->bytes);
        heap->bytes = NULL;
    }
    return status;
}

/* Object 0 is the free space, and the last. */
static const uint8_t *find_object(const tl_h5_heap *heap, uint64_t index, uint64_t *size_bytes)
{
    size_t at = COLLECTION_HEAD_BYTES;

    while (heap->size_bytes - at >= OBJECT_HEAD_BYTES) {
        uint64_t found = read_number(heap->bytes + at, 2), left_bytes = heap->size_bytes - at - OBJECT_HEAD_BYTES;

        *size_bytes = read_number(heap->bytes + at + 8, 8);
        if (found == 0 || *size_bytes > left_bytes)
            return NULL;
        if (found == index)
            return heap->bytes + at + OBJECT_HEAD_BYTES;
        if ((*size_bytes + 7) / 8 * 8 > left_bytes)
            return NULL;
        at += OBJECT_HEAD_BYTES + (size_t)((*size_bytes + 7) / 8 * 8);
    }
    return NULL;
}

enum tl_status tl_h5_heap_get(const char **out, size_t *out_bytes, tl_h5_heap *heap, size_t index, struct tl_error *err)
{
    const uint8_t *reference = heap->references + index * REFERENCE_BYTES, *object;
    uint64_t length_bytes, size_bytes = 0;
    enum tl_status status;

    assert(index < heap->count);
    length_bytes = read_number(reference, 4);
    *out = "";
    *out_bytes = 0;
    if (length_bytes == 0)
        return TL_OK;
    status = load_collection(heap, read_number(reference + 4, 8), err);
    if (status != TL_OK)
        return status;
    object = find_object(heap, read_number(reference + 12, 4), &size_bytes);
    if (!object || length_bytes > size_bytes)
        return tl_error_set(err, TL_BAD_INPUT, "expected a string of %llu bytes in the heap at address %llu, found none",
                            (unsigned long long)length_bytes, (unsigned long long)heap->address);
    *out = (const char *)object;
    *out_bytes = strnlen(*out, (size_t)length_bytes);
    return TL_OK;
}
