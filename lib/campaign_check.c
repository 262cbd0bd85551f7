/* SPDX-License-Identifier: BSD-2-Clause */
/* Whether devices, region and network server take a campaign's session. */
#include <string.h>

#include <fuota/fragfile.h>

#include "campaign_step.h"
#include "fail.h"
#include "frag_command.h"

/* --- what the profile and the region take ---------------------------------*/

static enum fuota_status
check_quirks(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const struct fuota_profile *p = script->profile;
	const struct fuota_campaign *c = script->campaign;
	const struct fuota_network_server *server = script->server;

	if (p->ts005_version == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "devices of profile %s have no multicast package", p->name);
	if ((p->quirks & FUOTA_QUIRK_NO_CLASS_B) != 0 &&
	    c->device_class == FUOTA_CLASS_B)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "devices of profile %s do not run class B multicast",
		    p->name);
	if ((p->quirks & FUOTA_QUIRK_GROUP_ZERO) != 0 && c->mc_group_id != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "mc_group_id %u: devices of profile %s need 0",
		    c->mc_group_id, p->name);
	if ((p->quirks & FUOTA_QUIRK_INDEX_ZERO) != 0 && frag_index != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "FragIndex %u%s%s: devices of profile %s take 0 only",
		    frag_index, server != NULL ? " of " : "",
		    server != NULL ? server->title : "", p->name);
	if ((p->quirks & FUOTA_QUIRK_NEEDS_CODED) != 0 &&
	    script->session->redundancy == 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "no coded fragment: devices of profile %s need one to "
		    "finish",
		    p->name);
	return FUOTA_OK;
}

/* --- what a network server sends -------------------------------------------*/

const struct fuota_network_server *
fuota_network_server_find(const char *name)
{
	static const struct fuota_network_server servers[] = {
		{ "chirpstack", "ChirpStack", 0 },
		{ "aws", "AWS", 1 },
		{ "thingpark", "ThingPark", 0 },
	};

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++)
		if (strcmp(servers[i].name, name) == 0)
			return &servers[i];
	return NULL;
}

uint8_t
fuota_campaign_frag_index(const struct fuota_script *script)
{
	const struct fuota_campaign *c = script->campaign;
	const struct fuota_network_server *server = script->server != NULL
	    ? script->server
	    : fuota_network_server_find(c->network_server);

	if (c->has_frag_index)
		return c->frag_index;
	return server != NULL ? server->frag_index
			      : script->session->frag_index;
}

enum fuota_status
fuota_campaign_check_server(const struct fuota_script *script,
    const struct fuota_script_plan *plan, struct fuota_error *err)
{
	const struct fuota_network_server *server = script->server;
	const uint8_t group = script->campaign->mc_group_id;

	if (server == NULL)
		return FUOTA_OK;
	if (script->session->edition == FUOTA_TS004_V2_ABSN)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%s sends the parity rows of 1.0.0 or 2.0.0, not of "
		    "2.0.0-absN",
		    server->title);
	if (group != 0)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%s uses McGroupID 0, the campaign says %u", server->title,
		    group);
	if (plan->frag_index != server->frag_index)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%s uses FragIndex %u, the campaign says %u", server->title,
		    server->frag_index, plan->frag_index);
	if (plan->sessions > 1)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "%s has one class session, the fragments take %u",
		    server->title, plan->sessions);
	return FUOTA_OK;
}

static enum fuota_status
check_session(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const struct fuota_frag_session *s = script->session;
	const struct fuota_campaign *c = script->campaign;
	uint8_t most;

	if (script->profile->ts004 != s->edition)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "fragments are TS004 %s, profile %s takes %s",
		    fuota_ts004_name(s->edition), script->profile->name,
		    fuota_ts004_name(script->profile->ts004));
	enum fuota_status status = fuota_profile_check_session(
	    script->profile, s->nb_frag, s->frag_size, s->block_len, err);
	if (status == FUOTA_OK)
		status = fuota_region_frag_size_max(
		    c->region, c->data_rate, c->region_flags, &most, err);
	if (status != FUOTA_OK)
		return status;
	if (s->frag_size > most)
		return fuota_fail(err, FUOTA_E_LIMIT, FUOTA_NO_OFFSET,
		    "FragSize %u, data rate %u of %s takes at most %u bytes",
		    s->frag_size, c->data_rate, c->region_name, most);
	return check_quirks(script, frag_index, err);
}

/* Increasing N: deployed decoders ignore or choke on anything else. */
static enum fuota_status
check_commands(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const size_t size = FUOTA_FRAG_COMMAND_SIZE(script->session->frag_size);
	unsigned last = 0;

	if (script->commands.len == 0 || script->commands.len % size != 0)
		return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
		    "%zu bytes of fragments, not of %zu bytes each",
		    script->commands.len, size);
	for (size_t off = 0; off < script->commands.len; off += size) {
		const uint8_t *command = script->commands.data + off;
		const unsigned n = fuota_frag_command_n(command);
		const unsigned index = fuota_frag_command_index(command);
		if (index != frag_index)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "fragment %u has FragIndex %u, the campaign %u: "
			    "'fuota-frag --frag-index %u' makes such fragments",
			    n, index, frag_index, frag_index);
		if (n <= last)
			return fuota_fail(err, FUOTA_E_FORMAT, FUOTA_NO_OFFSET,
			    "fragment %u follows %u: devices take increasing "
			    "numbers only; send further coded ones instead",
			    n, last);
		last = n;
	}
	return FUOTA_OK;
}

enum fuota_status
fuota_campaign_check(const struct fuota_script *script, uint8_t frag_index,
    struct fuota_error *err)
{
	const enum fuota_status status = check_session(script, frag_index, err);

	return status != FUOTA_OK || script->server != NULL
	    ? status
	    : check_commands(script, frag_index, err);
}
