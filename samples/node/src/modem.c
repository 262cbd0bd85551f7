/* SPDX-License-Identifier: BSD-2-Clause */
#include "modem.h"

#include <stdio.h>
#include <string.h>

/* The third join request is heard. */
#define JOINS_UNHEARD 2u

static unsigned joins;
static unsigned long uplinks;
static char downlink[128];

void
modem_queue_downlink(const char *text)
{
	snprintf(downlink, sizeof(downlink), "%s", text);
}

static int
join(char *answer, size_t size)
{
	if (joins++ < JOINS_UNHEARD)
		return snprintf(answer, size, "+JOIN: FAIL");
	return snprintf(answer, size, "+JOIN: OK 260b5f1e");
}

/* Every fifth uplink is not acknowledged. */
static int
send(char *answer, size_t size)
{
	if (++uplinks % 5 == 0)
		return snprintf(answer, size, "+SEND: NOACK");
	const int len = snprintf(answer, size, "+SEND: OK%s%s",
	    downlink[0] != '\0' ? " RX " : "", downlink);
	downlink[0] = '\0';
	return len;
}

static bool
starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
modem_command(const char *command, char *answer, size_t size)
{
	int len;

	if (strcmp(command, "AT+JOIN") == 0)
		len = join(answer, size);
	else if (starts(command, "AT+SEND="))
		len = send(answer, size);
	else if (strcmp(command, "AT+VER?") == 0)
		len = snprintf(answer, size, "+VER: LoRaWAN 1.0.4 EU868");
	else if (strcmp(command, "AT+DEVEUI?") == 0)
		len = snprintf(answer, size, "+DEVEUI: 70b3d57ed0061234");
	else
		return false;
	return len >= 0 && (size_t)len < size;
}
