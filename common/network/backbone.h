/* backbone.h - a network with its weights: immutable, shared by threads, known by the digest of its tensors.
 */
#ifndef TL_NETWORK_BACKBONE_H
#define TL_NETWORK_BACKBONE_H

#include "common/base/digest.h"
#include "common/base/error.h"
#include "common/exchange/tensors.h"
#include "common/network/network.h"

typedef struct tl_backbone tl_backbone;

/* A convolution's weights: kernel (H, W, Cin, Cout) and bias (Cout), borrowed from the backbone; aligned as floats are, no more:
 * they may lie in a mapped file. */
struct tl_backbone_weights {
    const float *kernel, *bias;
};

/* Reads a Keras HDF5 file and matches it to the table: the layers with weights up to the feature layer, in table
 * order, by position and shape; further layers of the file (a classifier on top) are passed over. Fails with:
 * as tl_keras_h5_read(); TL_BAD_INPUT when a shape or count differs (naming layer, expected and found shape). */
TL_MUST_USE enum tl_status tl_backbone_read(tl_backbone **out, const struct tl_network *network, const char *path,
                                            struct tl_error *err);

/* The same from tensors in memory; takes ownership of `*tensors` (set to NULL) on success only. What it has no use for is
 * freed, then too where memory is short. */
TL_MUST_USE enum tl_status tl_backbone_create(tl_backbone **out, const struct tl_network *network, tl_tensors **tensors,
                                              struct tl_error *err);
void tl_backbone_free(tl_backbone *backbone);

const struct tl_network *tl_backbone_network(const tl_backbone *backbone);
/* Of a convolution's row. */
struct tl_backbone_weights tl_backbone_get_weights(const tl_backbone *backbone, size_t layer_index);
/* Frees kernels and biases, which plans have packed their own way, once they were hashed; what names the backbone stays.
 * tl_backbone_get_weights() may not be called any more. */
void tl_backbone_drop_weights(tl_backbone *backbone);
/* Values are looked at beside whatever is done with the backbone meanwhile; these two wait for the end of it, any thread.
 *
 * Fails with: TL_BAD_INPUT (a value that is not a finite number: layer, index, value). */
TL_MUST_USE enum tl_status tl_backbone_check(const tl_backbone *backbone, struct tl_error *err);
/* SHA-256 over the convolutions in table order up to the feature layer: the table's name for the layer
 * (tl_digest_update_string), then for kernel (HWIO) and bias each the rank and the sizes as u32 and the values as
 * little-endian float32. So a file's own names for its layers do not matter. Borrowed. */
const uint8_t *tl_backbone_tensors_sha256(const tl_backbone *backbone);

#endif
