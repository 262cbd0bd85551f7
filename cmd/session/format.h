/* SPDX-License-Identifier: BSD-2-Clause */
/* The shapes in which a campaign is handed to a network server. */
#ifndef FUOTA_CMD_FORMAT_H
#define FUOTA_CMD_FORMAT_H

#include <fuota/campaign.h>

#include "session.h"

#define FORMAT_GATEWAYS_MAX 64

/* What the formats need of the command line. */
struct format_job {
	struct cmd *cmd;
	struct fuota_script script;
	struct fuota_script_plan plan;
	const char *application, *tenant, *group, *device_profile;
	const char *role, *image_uri;
	const char *gateways[FORMAT_GATEWAYS_MAX];
	size_t gateway_count;
	bool show_keys;
	FILE *to; /* of the streaming formats */
	size_t seq;
	char start[FUOTA_TIME_TEXT_SIZE], end[FUOTA_TIME_TEXT_SIZE];
};

/* A format that writes a line for each downlink. */
struct format_stream {
	void (*begin)(struct format_job *job);
	void (*line)(
	    struct format_job *job, const struct fuota_script_line *line);
};
extern const struct format_stream format_jsonl, format_hex, format_mqtt,
    format_tts, format_chirpstack_queue;

/* Formats that are a directory of files. */
void
format_chirpstack_fuota(struct format_job *job);
void
format_aws(struct format_job *job);
void
format_thingpark(struct format_job *job);

/* What a format cannot express, before anything is written. */
void
format_check_tts(const struct format_job *job);
void
format_check_mqtt(const struct format_job *job);

/* Redundancy as a percentage that a server rounds up, and what that gives. */
struct format_redundancy {
	uint32_t percent, fragments;
};
struct format_redundancy
format_redundancy(const struct fuota_frag_session *session);

/* directory.c: a new directory whose files are there all or none */
void
format_directory(const struct cmd *cmd);
/* Closes text and writes it as a file of that directory. */
void
format_file(struct cmd *cmd, const char *name, struct session_text *text,
    unsigned mode);
void
format_directory_keep(struct cmd *cmd);

#endif
