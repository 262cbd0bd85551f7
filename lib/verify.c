/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fuota/device/sha256.h>
#include <fuota/verify.h>
#include <fuota/version.h>

#include "decode.h"
#include "fail.h"

enum {
	COMPONENTS_MAX = 256 + 2, /* the image's own and its dependency */
	HINT_TEXT_SIZE = 2 * FUOTA_KEY_HINT_SIZE + 1,
};

/* The device that params describe, and what its callbacks work on. */
struct verifier {
	const struct fuota_verify_params *params;
	struct fuota_in in;
	struct fuota_verify_report report;
	struct fuota_check_device device;
	struct fuota_check_component components[COMPONENTS_MAX];
	struct fuota_check check;
};

/* --- callbacks -----------------------------------------------------------*/

static enum fuota_status
read_block(void *ctx, uint32_t off, uint8_t *to, uint32_t len)
{
	const struct verifier *v = ctx;

	if (off > v->in.len || len > v->in.len - off)
		return FUOTA_E_FLASH;
	memcpy(to, v->in.data + off, len);
	return FUOTA_OK;
}

/* Two trusted keys may share a hint: each is tried. */
static enum fuota_status
verify_signature(void *ctx, const uint8_t *key_hint, const uint8_t *signature,
    const uint8_t *message, size_t message_len, uint8_t *key)
{
	struct verifier *v = ctx;
	struct fuota_verify_signature *result =
	    &v->report.signatures[v->report.signature_count++];
	uint8_t hint[FUOTA_KEY_HINT_SIZE];

	memcpy(result->key_hint, key_hint, sizeof(hint));
	for (size_t i = 0; i < v->params->key_count; i++) {
		fuota_public_key_hint(&v->params->keys[i], hint);
		if (memcmp(hint, key_hint, sizeof(hint)) != 0)
			continue;
		result->trusted = true;
		if (fuota_ed25519_verify(signature, message, message_len,
			&v->params->keys[i]) != FUOTA_OK)
			continue;
		result->holds = true;
		*key = result->key = (uint8_t)i;
		return FUOTA_OK;
	}
	return FUOTA_E_SIGNATURE;
}

/* --- the device ----------------------------------------------------------*/

/* What the image is for, as the device has it as far as we know. */
static void
set_target(
    struct verifier *v, struct fuota_check_component *own, bool has_version)
{
	const struct fuota_verify_params *p = v->params;
	const struct fuota_header *h = &v->report.image.header;
	struct fuota_sha256 sha;

	own->min_counter = p->min_counter;
	own->slot_size = p->slot_size != 0 ? p->slot_size : UINT32_MAX;
	if (p->slot_size == 0)
		v->report.unknown |= FUOTA_UNKNOWN_SLOT;
	if (p->has_running_version)
		own->version = p->running_version;
	else if (!has_version && h->base_fw_version != 0) {
		own->version = h->base_fw_version;
		v->report.unknown |= FUOTA_UNKNOWN_BASE_VERSION;
	}
	if (p->base.len == 0)
		return;
	own->has_digest = true;
	fuota_sha256_init(&sha);
	fuota_sha256_feed(&sha, p->base.data, p->base.len);
	fuota_sha256_finish(&sha, own->digest);
}

static void
add_component(
    struct verifier *v, uint8_t id, bool has_version, uint32_t version)
{
	struct fuota_check_component *c =
	    &v->components[v->device.component_count++];

	*c = (struct fuota_check_component){ .id = id, .version = version };
	if (id == v->report.image.header.component)
		set_target(v, c, has_version);
}

/* Components that nobody named are taken to be there, and new enough. */
static void
set_components(struct verifier *v)
{
	const struct fuota_verify_params *p = v->params;
	const struct fuota_header *h = &v->report.image.header;
	size_t i;

	for (i = 0; i < p->component_count; i++) {
		const struct fuota_verify_component *given = &p->components[i];
		const bool needed =
		    h->has_dependency && given->id == h->dependency_component;
		if (needed && !given->has_version)
			v->report.unknown |= FUOTA_UNKNOWN_DEPENDENCY;
		add_component(v, given->id, given->has_version,
		    given->has_version ? given->version
			: needed       ? h->dependency_version
				       : 0);
	}
	if (p->component_count > 0)
		return;
	add_component(v, h->component, false, 0);
	v->report.unknown |= FUOTA_UNKNOWN_COMPONENT;
	if (!h->has_dependency)
		return;
	v->report.unknown |= FUOTA_UNKNOWN_DEPENDENCY;
	add_component(v, h->dependency_component, true, h->dependency_version);
}

static void
set_device(struct verifier *v)
{
	const struct fuota_verify_params *p = v->params;
	const struct fuota_header *h = &v->report.image.header;

	v->device = (struct fuota_check_device){
		.hw_id = p->has_hw_id ? p->hw_id : h->hw_id,
		.development = p->allow_development,
		.has_uuid = p->has_uuid,
		.compressions = p->compressions != 0 ? p->compressions : 0xff,
		.deltas = p->deltas != 0 ? p->deltas : 0xff,
		.signatures_required = p->signatures_required,
		.decoder_ram =
		    p->decoder_ram != 0 ? p->decoder_ram : UINT32_MAX,
		.components = v->components,
	};
	memcpy(v->device.uuid, p->uuid, sizeof(v->device.uuid));
	if (!p->has_hw_id)
		v->report.unknown |= FUOTA_UNKNOWN_HARDWARE;
	if (p->decoder_ram == 0 && h->compression != FUOTA_COMPRESSION_NONE)
		v->report.unknown |= FUOTA_UNKNOWN_DECODER_RAM;
	set_components(v);
}

/* --- refusals in words ---------------------------------------------------*/

static const char *
hint_text(const uint8_t *hint, char text[HINT_TEXT_SIZE])
{
	snprintf(text, HINT_TEXT_SIZE, "%02x%02x%02x%02x", hint[0], hint[1],
	    hint[2], hint[3]);
	return text;
}

static enum fuota_status
fail_signature(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_verify_report *r = &v->report;
	const unsigned required = v->params->signatures_required > 0
	    ? v->params->signatures_required
	    : 1;
	const bool bound =
	    (r->image.header.flags & FUOTA_FLAG_PRODUCT_UUID) != 0;
	char hint[HINT_TEXT_SIZE];
	unsigned holding = 0;

	if (fuota_image_signature_count(&r->image) == 0)
		return fuota_fail(err, FUOTA_E_SIGNATURE, FUOTA_NO_OFFSET,
		    "image is not signed");
	if (bound && !v->params->has_uuid)
		return fuota_fail(err, FUOTA_E_SIGNATURE, FUOTA_NO_OFFSET,
		    "image is bound to a product UUID, none was given");
	for (size_t i = 0; i < r->signature_count; i++)
		holding += r->signatures[i].holds;
	if (holding > 0)
		return fuota_fail(err, FUOTA_E_SIGNATURE, FUOTA_NO_OFFSET,
		    "%u of %zu signatures hold, by fewer than %u different trusted keys",
		    holding, r->signature_count, required);
	for (size_t i = 0; i < r->signature_count; i++)
		if (r->signatures[i].trusted)
			return fuota_fail(err, FUOTA_E_SIGNATURE,
			    FUOTA_NO_OFFSET,
			    "signature does not match key %s%s",
			    hint_text(r->signatures[i].key_hint, hint),
			    bound ? " and the product UUID" : "");
	return fuota_fail(err, FUOTA_E_SIGNATURE, FUOTA_NO_OFFSET,
	    "signed by key %s%s, which is not trusted",
	    hint_text(r->signatures[0].key_hint, hint),
	    r->signature_count > 1 ? " and others" : "");
}

static enum fuota_status
fail_base(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_header *h = &v->report.image.header;
	const struct fuota_check_component *own = v->check.component;
	char want[FUOTA_VERSION_TEXT_SIZE], runs[FUOTA_VERSION_TEXT_SIZE],
	    id[HINT_TEXT_SIZE], other[HINT_TEXT_SIZE];

	if (h->base_fw_version != 0 && h->base_fw_version != own->version) {
		fuota_version_format(h->base_fw_version, want);
		fuota_version_format(own->version, runs);
		return fuota_fail(err, FUOTA_E_BASE, 16,
		    "image needs version %s to be running, not %s", want, runs);
	}
	if (!own->has_digest)
		return fuota_fail(err, FUOTA_E_BASE, FUOTA_NO_OFFSET,
		    "image is %s base firmware %s, and no base was given",
		    h->delta != FUOTA_DELTA_NONE ? "a delta against"
						 : "bound to",
		    hint_text(h->base_id, id));
	return fuota_fail(err, FUOTA_E_BASE, FUOTA_NO_OFFSET,
	    "image needs base firmware %s, the one given is %s",
	    hint_text(h->base_id, id), hint_text(own->digest, other));
}

static enum fuota_status
fail_hardware(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_header *h = &v->report.image.header;

	if (h->hw_id == v->device.hw_id)
		return fuota_fail(err, FUOTA_E_HARDWARE, 6,
		    "image is bound to no product UUID, and the device has one");
	return fuota_fail(err, FUOTA_E_HARDWARE, 8,
	    "image is for hardware 0x%08x, the device is 0x%08x", h->hw_id,
	    v->device.hw_id);
}

static enum fuota_status
fail_limit(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_header *h = &v->report.image.header;

	if ((v->device.compressions >> h->compression & 1) == 0 ||
	    (v->device.deltas >> h->delta & 1) == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, 4,
		    "transform 0x%02x is none that the device can decode",
		    h->compression | h->delta << 4);
	return fuota_fail(err, FUOTA_E_LIMIT, 5,
	    "deflate window of %u bytes needs more than the device's %u bytes of decoder RAM",
	    1u << h->window_log2, v->device.decoder_ram);
}

static enum fuota_status
fail_dependency(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_header *h = &v->report.image.header;
	char version[FUOTA_VERSION_TEXT_SIZE];

	fuota_version_format(h->dependency_version, version);
	return fuota_fail(err, FUOTA_E_DEPENDENCY, FUOTA_NO_OFFSET,
	    "image needs component %u in version %s or later",
	    h->dependency_component, version);
}

/* The device says which check failed; here are the numbers. */
static enum fuota_status
fail_check(
    const struct verifier *v, enum fuota_status status, struct fuota_error *err)
{
	const struct fuota_header *h = &v->report.image.header;

	if (status == FUOTA_E_SIGNATURE)
		return fail_signature(v, err);
	if (status == FUOTA_E_HARDWARE)
		return fail_hardware(v, err);
	if (status == FUOTA_E_COMPONENT)
		return fuota_fail(err, status, 7,
		    "image is for component %u, which the device lacks",
		    h->component);
	if (status == FUOTA_E_DEVELOPMENT)
		return fuota_fail(err, status, 6,
		    "development image, release devices refuse it");
	if (status == FUOTA_E_BASE)
		return fail_base(v, err);
	if (status == FUOTA_E_DEPENDENCY)
		return fail_dependency(v, err);
	if (status == FUOTA_E_COUNTER)
		return fuota_fail(err, status, 20,
		    "security counter %u is below %u", h->security_counter,
		    v->params->min_counter);
	if (status == FUOTA_E_SLOT)
		return fuota_fail(err, status, 28,
		    "firmware of %u bytes exceeds the slot of %u", h->image_len,
		    v->params->slot_size);
	if (status == FUOTA_E_LIMIT)
		return fail_limit(v, err);
	if (status == FUOTA_E_CRC)
		return fuota_fail(err, status, 32,
		    "CRC-32 of the firmware is %08x, header says %08x",
		    v->check.crc, h->image_crc32);
	return fuota_fail_status(err, status, FUOTA_NO_OFFSET);
}

/* --- the verdict ---------------------------------------------------------*/

static bool
has_signed(const struct fuota_verify_report *r, const uint8_t *hint)
{
	for (size_t i = 0; i < r->signature_count; i++)
		if (r->signatures[i].holds &&
		    memcmp(r->signatures[i].key_hint, hint,
			FUOTA_KEY_HINT_SIZE) == 0)
			return true;
	return false;
}

static enum fuota_status
check_hints(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_verify_params *p = v->params;
	char text[HINT_TEXT_SIZE];

	for (size_t i = 0; i < p->required_hint_count; i++)
		if (!has_signed(&v->report, p->required_hints[i]))
			return fuota_fail(err, FUOTA_E_SIGNATURE,
			    FUOTA_NO_OFFSET,
			    "key %s is required, and has no signature that holds",
			    hint_text(p->required_hints[i], text));
	return FUOTA_OK;
}

static enum fuota_status
run_check(struct verifier *v, struct fuota_error *err)
{
	const struct fuota_check_io io = {
		.read = read_block, .verify = verify_signature, .ctx = v
	};
	bool hints_checked = false;

	fuota_check_init(&v->check, &v->device, &io, (uint32_t)v->in.len);
	while (!v->check.done) {
		const enum fuota_status status = fuota_check_step(&v->check);
		if (status != FUOTA_OK)
			return fail_check(v, status, err);
		if (hints_checked || v->check.stage != FUOTA_CHECK_FACTS)
			continue;
		const enum fuota_status hints = check_hints(v, err);
		if (hints != FUOTA_OK)
			return hints;
		hints_checked = true;
	}
	return FUOTA_OK;
}

static enum fuota_status
decode(const struct verifier *v, struct fuota_error *err)
{
	const struct fuota_image *image = &v->report.image;
	struct fuota_out firmware = { .size = image->header.image_len };

	firmware.data = malloc(firmware.size);
	if (firmware.data == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory, %zu bytes wanted", firmware.size);
	const enum fuota_status status = fuota_apply_within(
	    image, v->params->base, v->params->decoder_ram, &firmware, err);
	free(firmware.data);
	return status;
}

static enum fuota_status
check_params(const struct fuota_verify_params *p, struct fuota_error *err)
{
	if (p->key_count == 0 || p->key_count > FUOTA_CHECK_KEYS_MAX)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%zu trusted keys, need 1 to %u", p->key_count,
		    FUOTA_CHECK_KEYS_MAX);
	if (p->component_count > 256)
		return fuota_fail(err, FUOTA_E_RANGE, FUOTA_NO_OFFSET,
		    "%zu components, more than 256", p->component_count);
	return FUOTA_OK;
}

enum fuota_status
fuota_verify(const struct fuota_verify_params *params, struct fuota_in in,
    struct fuota_verify_report *report, struct fuota_error *err)
{
	enum fuota_status status = check_params(params, err);

	if (status != FUOTA_OK)
		return status;
	struct verifier *v = calloc(1, sizeof(*v));
	if (v == NULL)
		return fuota_fail(err, FUOTA_E_MEMORY, FUOTA_NO_OFFSET,
		    "out of memory, %zu bytes wanted", sizeof(*v));
	v->params = params;
	v->in = in;
	status = fuota_image_parse(in, &v->report.image, err);
	if (status == FUOTA_OK) {
		set_device(v);
		status = run_check(v, err);
	}
	if (status == FUOTA_OK)
		status = decode(v, err);
	if (status == FUOTA_OK && report != NULL)
		*report = v->report;
	free(v);
	return status;
}
