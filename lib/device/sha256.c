/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <fuota/device/sha256.h>

enum {
	BLOCK_SIZE = 64,
	LENGTH_OFF = 56
};

/* First 32 bits of the fractional parts of cube roots, FIPS 180-4 4.2.2. */
static const uint32_t k[64] = { 0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5,
	0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
	0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
	0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa,
	0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7,
	0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138,
	0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
	0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624,
	0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5,
	0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f,
	0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
	0xc67178f2 };

static const uint32_t initial[8] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372,
	0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 };

static uint32_t
rotate(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static uint32_t
get_big_endian(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
put_big_endian(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (24 - 8 * i));
}

/* Word t of the message schedule; w holds the last 16 of them. */
static uint32_t
schedule(uint32_t w[16], unsigned t)
{
	const uint32_t w15 = w[(t + 1) & 15], w2 = w[(t + 14) & 15];

	w[t & 15] += (rotate(w15, 7) ^ rotate(w15, 18) ^ w15 >> 3) +
	    w[(t + 9) & 15] + (rotate(w2, 17) ^ rotate(w2, 19) ^ w2 >> 10);
	return w[t & 15];
}

static void
compress(uint32_t state[8], const uint8_t block[BLOCK_SIZE])
{
	uint32_t w[16], s[8];

	memcpy(s, state, sizeof(s));
	for (unsigned t = 0; t < 64; t++) {
		if (t < 16)
			w[t] = get_big_endian(block + 4 * (size_t)t);
		const uint32_t wt = t < 16 ? w[t] : schedule(w, t);
		const uint32_t sum1 =
		    rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25);
		const uint32_t choose = (s[4] & s[5]) ^ (~s[4] & s[6]);
		const uint32_t t1 = s[7] + sum1 + choose + k[t] + wt;
		const uint32_t sum0 =
		    rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22);
		const uint32_t majority =
		    (s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]);
		memmove(s + 1, s, 7 * sizeof(s[0]));
		s[4] += t1;
		s[0] = t1 + sum0 + majority;
	}
	for (unsigned i = 0; i < 8; i++)
		state[i] += s[i];
}

void
fuota_sha256_init(struct fuota_sha256 *sha)
{
	memset(sha, 0, sizeof(*sha));
	memcpy(sha->state, initial, sizeof(initial));
}

void
fuota_sha256_feed(struct fuota_sha256 *sha, const uint8_t *data, size_t len)
{
	while (len > 0) {
		const size_t used = sha->len % BLOCK_SIZE;
		const size_t room = BLOCK_SIZE - used;
		const size_t n = len < room ? len : room;
		memcpy(sha->block + used, data, n);
		sha->len += (uint32_t)n;
		data += n;
		len -= n;
		if (n == room)
			compress(sha->state, sha->block);
	}
}

void
fuota_sha256_finish(struct fuota_sha256 *sha, uint8_t digest[FUOTA_SHA256_SIZE])
{
	size_t used = sha->len % BLOCK_SIZE;

	sha->block[used++] = 0x80;
	if (used > LENGTH_OFF) {
		memset(sha->block + used, 0, BLOCK_SIZE - used);
		compress(sha->state, sha->block);
		used = 0;
	}
	memset(sha->block + used, 0, BLOCK_SIZE - used);
	put_big_endian(sha->block + LENGTH_OFF, sha->len >> 29);
	put_big_endian(sha->block + LENGTH_OFF + 4, sha->len << 3);
	compress(sha->state, sha->block);
	for (unsigned i = 0; i < 8; i++)
		put_big_endian(digest + 4 * (size_t)i, sha->state[i]);
}
