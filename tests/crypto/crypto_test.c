/* Digests and signatures against the published vectors of their standards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/crypto.h"

/* Digests of "abc": FIPS 180-4, FIPS 202, RFC 1321, RFC 7693 and NIST's examples. */
static const struct {
	enum digest_alg alg;
	const char *name, *hex;
} vectors[] = {
	{DIGEST_SHA256, "sha256", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	{DIGEST_SHA512, "sha512",
		"ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
		"2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
	{DIGEST_MD5, "md5", "900150983cd24fb0d6963f7d28e17f72"},
	{DIGEST_SHA1, "sha1", "a9993e364706816aba3e25717850c26c9cd0d89d"},
	{DIGEST_BLAKE2B_512, "blake2b-512",
		"ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
		"7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923"},
	{DIGEST_SHA512_256, "sha512/256", "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"},
	{DIGEST_SHA3_256, "sha3-256", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532"},
	{DIGEST_SHA3_512, "sha3-512",
		"b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d0240d2712e"
		"10e116e9192af3c91a7ec57647e3934057340b4cf408d5a56592f8274eec53f0"},
	{DIGEST_SHA224, "sha224", "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7"},
	{DIGEST_SHA384, "sha384",
		"cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
		"1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7"},
};
#define VECTORS (sizeof(vectors) / sizeof(vectors[0]))

static void digests(void **state)
{
	struct buf hex = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < VECTORS; i++) {
		struct hasher *hasher = hasher_new(vectors[i].alg);
		struct digest whole, pieces;
		assert_int_equal(digest_named(str_from(vectors[i].name)), vectors[i].alg);
		assert_string_equal(digest_name(vectors[i].alg), vectors[i].name);
		assert_int_equal(digest_size(vectors[i].alg) * 2, strlen(vectors[i].hex));
		hasher_begin(hasher);
		hasher_add(hasher, "abc", 3);
		hasher_end(hasher, &whole);
		buf_clear(&hex);
		buf_hex(&hex, whole.bytes, digest_size(whole.alg));
		assert_string_equal(hex.p, vectors[i].hex);
		/* the same hasher again, after a message that was begun and dropped */
		hasher_begin(hasher);
		hasher_add(hasher, "dropped", 7);
		hasher_begin(hasher);
		hasher_add(hasher, "a", 1);
		hasher_add(hasher, NULL, 0);
		hasher_add(hasher, "bc", 2);
		hasher_end(hasher, &pieces);
		assert_true(digest_equal(&whole, &pieces));
		pieces.bytes[digest_size(whole.alg) - 1] ^= 1;
		assert_false(digest_equal(&whole, &pieces));
		hasher_free(hasher);
	}
	hasher_free(NULL);
	buf_release(&hex);
	assert_int_equal(digest_named(STR("SHA256")), DIGEST_NONE);
	assert_int_equal(digest_named(STR("none")), DIGEST_NONE);
	assert_int_equal(digest_named((struct str){NULL, 0}), DIGEST_NONE);
	struct digest one = {.alg = DIGEST_SHA256}, other = {.alg = DIGEST_SHA512_256};
	assert_false(digest_equal(&one, &other));
}

static void tags(void **state)
{
	struct buf text = BUF_INIT;
	struct digest digest = {.alg = DIGEST_SHA256}, again;

	(void)state;
	for (size_t i = 0; i < 32; i++)
		digest.bytes[i] = (unsigned char)(i * 7);
	digest_tag(&text, &digest);
	assert_true(str_starts(buf_view(&text), STR("sha256:00070e")));
	assert_true(digest_untag(buf_view(&text), &again));
	assert_true(digest_equal(&digest, &again));
	assert_false(digest_untag((struct str){text.p, text.n - 1}, &again));
	buf_char(&text, '0');
	assert_false(digest_untag(buf_view(&text), &again));
	static const char *const bad[] = {"", ":", "sha256", "sha256:", "sha256:00", "md5:900150983cd24fb0d6963f7d28e17f72",
		"SHA256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256:BA7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha256: ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha512:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
		"sha512/256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(digest_untag(str_from(bad[i]), &again));
	assert_false(digest_untag((struct str){NULL, 0}, &again));
	buf_release(&text);
}

static void small_hashes(void **state)
{
	struct hash whole, pieces, framed, expected;

	(void)state;
	sha256("abc", 3, &whole);
	assert_true(hex_decode(str_from(vectors[0].hex), expected.b, sizeof(expected.b)));
	assert_true(hash_equal(&whole, &expected));
	sha256_pieces((const struct str[]){STR("a"), {NULL, 0}, STR("bc")}, 3, &pieces);
	assert_true(hash_equal(&whole, &pieces));
	sha256(NULL, 0, &whole);
	assert_true(hex_decode(
		STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), expected.b, sizeof(expected.b)));
	assert_true(hash_equal(&whole, &expected));
	/* framing is the lengths as 8 bytes, and so ("a", "bc") is not ("ab", "c") */
	sha256_framed((const struct str[]){STR("a"), STR(""), STR("bc")}, 3, &framed);
	sha256("\0\0\0\0\0\0\0\1a\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\2bc", 27, &whole);
	assert_true(hash_equal(&whole, &framed));
	sha256_framed((const struct str[]){STR("ab"), STR(""), STR("c")}, 3, &whole);
	assert_false(hash_equal(&whole, &framed));
}

/* Threads do not disturb one another. */
static void *hash_much(void *wrong)
{
	struct hash first, second;
	unsigned char message[64];

	for (int i = 0; i < 20000; i++) {
		memset(message, i, sizeof(message));
		struct str halves[] = {{(const char *)message, 32}, {(const char *)message + 32, 32}};
		sha256(message, sizeof(message), &first);
		sha256_pieces(halves, 2, &second);
		*(int *)wrong += !hash_equal(&first, &second);
	}
	return NULL;
}

static void threads(void **state)
{
	pthread_t thread[4];
	int wrong[4] = {0, 0, 0, 0};

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&thread[i], NULL, hash_much, &wrong[i]), 0);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(thread[i], NULL), 0);
		assert_int_equal(wrong[i], 0);
	}
}

/* RFC 8032 section 7.1, tests 1 to 3 */
static const struct {
	const char *secret, *public_key, *message, *signature;
} rfc8032[] = {
	{"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
		"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
		"5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
	{"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
		"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
		"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
	{"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
		"fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
		"18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void signatures_of_the_rfc(void **state)
{
	struct err err = ERR_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rfc8032) / sizeof(rfc8032[0]); i++) {
		unsigned char secret[ED25519_SECRET], key[ED25519_PUBLIC], again[ED25519_PUBLIC], message[8];
		unsigned char expected[ED25519_SIGNATURE], signature[ED25519_SIGNATURE], by_signer[ED25519_SIGNATURE];
		struct ed25519_signer *signer;
		size_t n = strlen(rfc8032[i].message) / 2;
		assert_true(hex_decode(str_from(rfc8032[i].secret), secret, sizeof(secret)));
		assert_true(hex_decode(str_from(rfc8032[i].public_key), key, sizeof(key)));
		assert_true(hex_decode(str_from(rfc8032[i].signature), expected, sizeof(expected)));
		assert_true(hex_decode(str_from(rfc8032[i].message), message, n));
		struct str text = {n > 0 ? (const char *)message : NULL, n};
		assert_int_equal(ed25519_public(secret, again, &err), 0);
		assert_memory_equal(again, key, sizeof(key));
		assert_int_equal(ed25519_sign(secret, text, signature, &err), 0);
		assert_int_equal(ed25519_signer_new(&signer, secret, &err), 0);
		for (unsigned turn = 0; turn < 3; turn++) {
			memset(by_signer, 0, sizeof(by_signer));
			assert_int_equal(ed25519_signer_sign(signer, text, by_signer, &err), 0);
			assert_memory_equal(by_signer, signature, sizeof(signature));
		}
		ed25519_signer_free(signer);
		assert_memory_equal(signature, expected, sizeof(expected));
		assert_true(ed25519_verify(key, text, signature));
		for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
			signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_false(ed25519_verify(key, text, signature));
			signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		for (size_t bit = 0; bit < 8 * sizeof(key); bit++) {
			key[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_false(ed25519_verify(key, text, signature));
			key[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
		assert_false(ed25519_verify(key, STR("other"), signature));
	}
}

/* RFC 8032, 5.1.7: S not below the group's order is a second spelling of a signature and refused. */
static void malleable_signature_refused(void **state)
{
	static const unsigned char order[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9,
		0xde, 0x14, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
	unsigned char key[ED25519_PUBLIC], signature[ED25519_SIGNATURE];
	unsigned carry = 0;

	(void)state;
	assert_true(hex_decode(str_from(rfc8032[0].public_key), key, sizeof(key)));
	assert_true(hex_decode(str_from(rfc8032[0].signature), signature, sizeof(signature)));
	assert_true(ed25519_verify(key, STR(""), signature));
	for (size_t i = 0; i < 32; i++) {
		carry += (unsigned)signature[32 + i] + order[i];
		signature[32 + i] = (unsigned char)carry;
		carry >>= 8;
	}
	assert_int_equal(carry, 0);
	assert_false(ed25519_verify(key, STR(""), signature));
}

static void keys_and_randomness(void **state)
{
	unsigned char secret[2][ED25519_SECRET], key[2][ED25519_PUBLIC], signature[ED25519_SIGNATURE], much[3 << 20],
		seen[256] = {0};
	struct err err = ERR_INIT;

	(void)state;
	for (int i = 0; i < 2; i++)
		assert_int_equal(ed25519_generate(secret[i], key[i], &err), 0);
	assert_memory_not_equal(secret[0], secret[1], ED25519_SECRET);
	assert_int_equal(ed25519_sign(secret[0], STR("a letter"), signature, &err), 0);
	assert_true(ed25519_verify(key[0], STR("a letter"), signature));
	assert_false(ed25519_verify(key[1], STR("a letter"), signature));
	random_bytes(much, 0);
	memset(much, 0, sizeof(much));
	random_bytes(much, sizeof(much));
	for (size_t i = 0; i < sizeof(much); i += 1024) { /* every part was written: 32 zero bytes do not come by chance */
		static const unsigned char zeros[32];
		assert_memory_not_equal(much + i, zeros, sizeof(zeros));
		seen[much[i]] = 1;
	}
	size_t different = 0;
	for (size_t i = 0; i < 256; i++)
		different += seen[i];
	assert_true(different > 200);
}

/* scrypt as another library computes it; AES-256-GCM as in test case 16 of the paper that proposed GCM to NIST. */
static void passphrases(void **state)
{
	static const char *const expected_key = "eae2cd46115fd85c1f1019b793ff3d0c505408252c6e1e10c7510377d4b96527";
	unsigned char salt[PASSPHRASE_SALT], key[PASSPHRASE_KEY], nonce[PASSPHRASE_NONCE], plain[60], sealed[60 + PASSPHRASE_TAG],
		opened[60], expected[60 + PASSPHRASE_TAG], bound[20];
	const struct passphrase_cost cost = {.log_n = 10, .r = 8, .p = 2};
	struct str bound_str = {(const char *)bound, sizeof(bound)};

	(void)state;
	for (unsigned i = 0; i < sizeof(salt); i++)
		salt[i] = (unsigned char)i;
	assert_int_equal(passphrase_key(STR("frozen harbour"), salt, &cost, key, NULL), 0);
	assert_true(hex_decode(str_from(expected_key), expected, 32));
	assert_memory_equal(key, expected, 32);
	assert_true(hex_decode(STR("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"), key, 32));
	assert_true(hex_decode(STR("cafebabefacedbaddecaf888"), nonce, 12));
	assert_true(hex_decode(STR("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
				   "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"),
		plain, 60));
	assert_true(hex_decode(STR("feedfacedeadbeeffeedfacedeadbeefabaddad2"), bound, 20));
	assert_true(hex_decode(STR("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
				   "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
				   "76fc6ece0f4e1768cddf8853bb2d551b"),
		expected, sizeof(expected)));
	passphrase_seal(key, nonce, bound_str, plain, sizeof(plain), sealed);
	assert_memory_equal(sealed, expected, sizeof(sealed));
	assert_true(passphrase_open(key, nonce, bound_str, sealed, sizeof(plain), opened));
	assert_memory_equal(opened, plain, sizeof(plain));
	for (size_t i = 0; i < sizeof(sealed); i++) {
		sealed[i] ^= 1;
		assert_false(passphrase_open(key, nonce, bound_str, sealed, sizeof(plain), opened));
		sealed[i] ^= 1;
	}
	for (size_t i = 0; i < sizeof(bound); i++) {
		bound[i] ^= 1;
		assert_false(passphrase_open(key, nonce, bound_str, sealed, sizeof(plain), opened));
		bound[i] ^= 1;
	}
	key[31] ^= 1;
	assert_false(passphrase_open(key, nonce, bound_str, sealed, sizeof(plain), opened));
	memset(expected, 0, sizeof(expected));
	assert_memory_equal(opened, expected, sizeof(opened)); /* nothing of it is left */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests),
		cmocka_unit_test(tags),
		cmocka_unit_test(small_hashes),
		cmocka_unit_test(threads),
		cmocka_unit_test(signatures_of_the_rfc),
		cmocka_unit_test(malleable_signature_refused),
		cmocka_unit_test(keys_and_randomness),
		cmocka_unit_test(passphrases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
