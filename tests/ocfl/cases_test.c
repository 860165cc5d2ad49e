/* Objects and storage roots of our own, spoilt in one way each: the validator must find just the codes that this breaks. Among them are
 * all the codes that the published fixtures have no case for. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tree.h"

/* A step leaves out what its action does not need. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

/* ---- a good object ----------------------------------------------------------------------------------------------------------------- */

static int append(void *context, const void *bytes, size_t n, struct err *err)
{
	(void)err;
	buf_add(context, bytes, n);
	return 0;
}

static struct digest digest_as(enum digest_alg alg, const void *bytes, size_t n)
{
	struct digest digest;
	struct hasher *hasher = hasher_new(alg);
	hasher_begin(hasher);
	hasher_add(hasher, bytes, n);
	hasher_end(hasher, &digest);
	hasher_free(hasher);
	return digest;
}

static void put(struct inventory *inventory, int dir, const char *object, const char *version, const char *path, const char *text)
{
	struct digest digest = digest_as(inventory_alg(inventory), text, strlen(text));
	uint32_t number;
	bool known;
	char full[400];
	assert_int_equal(inventory_add_digest(inventory, &digest, &number, &known, NULL), 0);
	assert_int_equal(inventory_add_file(inventory, str_from(path), number, NULL), 0);
	if (known)
		return;
	assert_int_equal(inventory_add_content(inventory, number, str_from(path), NULL), 0);
	snprintf(full, sizeof(full), "%s/%s/content/%s", object, version, path);
	tree_text(dir, full, text);
}

static void seal(int dir, const char *folder)
{
	char path[400], side[400];
	size_t n;
	snprintf(path, sizeof(path), "%s/inventory.json", folder);
	char *text = tree_read(dir, path, &n);
	enum digest_alg alg = strstr(text, "\"digestAlgorithm\":\"sha256\"") ? DIGEST_SHA256 : DIGEST_SHA512;
	struct digest digest = digest_as(alg, text, n);
	struct buf out = BUF_INIT;
	ocfl_sidecar_write(&out, &digest);
	snprintf(side, sizeof(side), "%s/inventory.json.%s", folder, digest_name(alg));
	tree_write(dir, side, out.p, out.n);
	buf_release(&out);
	free(text);
}

static void store(const struct inventory *inventory, int dir, const char *object, const char *version)
{
	struct buf text = BUF_INIT;
	char path[400];
	assert_int_equal(inventory_write(inventory, append, &text, NULL), 0);
	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s/%s/inventory.json", object, i ? version : ".");
		tree_write(dir, path, text.p, text.n);
		path[strlen(path) - strlen("/inventory.json")] = '\0';
		seal(dir, path);
	}
	buf_release(&text);
}

/* v1: a.txt, b/c.txt; v2: a.txt changed, b/c.txt kept. */
static void make_object(int dir, const char *object, const char *id, enum digest_alg alg)
{
	struct inventory *inventory;
	struct inventory_version info = {STR("2026-11-23T20:28:00Z"), STR("Taken in"), STR("Ann"), STR("mailto:ann@example.org")};
	uint32_t number;
	char path[400];
	assert_int_equal(inventory_new(&inventory, str_from(id), alg, NULL), 0);
	assert_int_equal(inventory_begin_version(inventory, &number, NULL), 0);
	tree_mkdir(dir, object);
	put(inventory, dir, object, "v1", "a.txt", "one");
	put(inventory, dir, object, "v1", "b/c.txt", "two");
	assert_int_equal(inventory_end_version(inventory, &info, NULL), 0);
	store(inventory, dir, object, "v1");
	assert_int_equal(inventory_begin_version(inventory, &number, NULL), 0);
	put(inventory, dir, object, "v2", "a.txt", "three");
	assert_int_equal(inventory_keep_rest(inventory, NULL), 0);
	assert_int_equal(inventory_end_version(inventory, &info, NULL), 0);
	store(inventory, dir, object, "v2");
	snprintf(path, sizeof(path), "%s/" OCFL_OBJECT_DECLARATION, object);
	tree_text(dir, path, OCFL_OBJECT_DECLARATION_TEXT);
	inventory_free(inventory);
}

static void edit(int dir, const char *path, const char *from, const char *to)
{
	size_t n;
	char *text = tree_read(dir, path, &n);
	if (!text)
		fail_msg("%s is not there", path);
	char *at = strstr(text, from);
	if (!at)
		fail_msg("%s has no %s", path, from);
	struct buf out = BUF_INIT;
	buf_add(&out, text, (size_t)(at - text));
	buf_text(&out, to);
	buf_text(&out, at + strlen(from));
	tree_write(dir, path, out.p, out.n);
	buf_release(&out);
	free(text);
}

static void make_1_0(int dir, const char *object)
{
	char path[400];
	static const char *const folders[] = {".", "v1", "v2"};
	for (size_t i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/%s/inventory.json", object, folders[i]);
		edit(dir, path, "/1.1/spec/", "/1.0/spec/");
		snprintf(path, sizeof(path), "%s/%s", object, folders[i]);
		seal(dir, path);
	}
	snprintf(path, sizeof(path), "%s/" OCFL_OBJECT_DECLARATION, object);
	tree_remove(dir, path);
	snprintf(path, sizeof(path), "%s/0=ocfl_object_1.0", object);
	tree_text(dir, path, "ocfl_object_1.0\n");
}

/* ---- spoiling it ------------------------------------------------------------------------------------------------------------------------ */

enum action {
	END,
	WRITE,     /* a: path, b: text */
	REMOVE,    /* a */
	FOLDER,    /* a */
	RENAME,    /* a to b */
	SYMLINK,   /* a, pointing to b */
	HARDLINK,  /* a is a second name of b */
	FIFO,      /* a */
	EDIT,      /* in the root's inventory: a becomes b; copied to v2, sidecars right */
	EDIT_V1,   /* the same in v1/inventory.json */
	EDIT_ALL,  /* in all three */
	EDIT_ROOT, /* in the root's inventory only, sidecar right */
	EDIT_FILE, /* in the file `c`: a becomes b */
};
struct step {
	enum action action;
	const char *a, *b, *c;
};
#define STEPS 8
struct spoilt {
	const char *name;
	const char *codes;     /* in 1.1, sorted, each once */
	const char *codes_1_0; /* where they differ; "-": not tried */
	struct step steps[STEPS];
};

static void reseal(int dir, const char *object, const char *folder)
{
	char path[400];
	snprintf(path, sizeof(path), "%s/%s", object, folder);
	seal(dir, path);
}

static void do_step(int dir, const char *object, const struct step *step)
{
	char a[400], b[400];
	snprintf(a, sizeof(a), "%s/%s", object, step->a);
	snprintf(b, sizeof(b), "%s/%s", object, step->b ? step->b : "");
	size_t n;
	char *text;
	switch (step->action) {
	case WRITE:
		tree_text(dir, a, step->b);
		break;
	case REMOVE:
		tree_remove(dir, a);
		break;
	case FOLDER:
		tree_mkdir(dir, a);
		break;
	case RENAME:
		assert_int_equal(renameat(dir, a, dir, b), 0);
		break;
	case SYMLINK:
		assert_int_equal(symlinkat(step->b, dir, a), 0);
		break;
	case HARDLINK:
		assert_int_equal(linkat(dir, b, dir, a, 0), 0);
		break;
	case FIFO:
		assert_int_equal(mkfifoat(dir, a, 0644), 0);
		break;
	case EDIT:
	case EDIT_ROOT:
	case EDIT_ALL:
		snprintf(a, sizeof(a), "%s/inventory.json", object);
		edit(dir, a, step->a, step->b);
		reseal(dir, object, ".");
		if (step->action == EDIT_ROOT)
			break;
		text = tree_read(dir, a, &n);
		snprintf(b, sizeof(b), "%s/v2/inventory.json", object);
		tree_write(dir, b, text, n);
		free(text);
		reseal(dir, object, "v2");
		if (step->action == EDIT)
			break;
		snprintf(a, sizeof(a), "%s/v1/inventory.json", object);
		edit(dir, a, step->a, step->b);
		reseal(dir, object, "v1");
		break;
	case EDIT_V1:
		snprintf(a, sizeof(a), "%s/v1/inventory.json", object);
		edit(dir, a, step->a, step->b);
		reseal(dir, object, "v1");
		break;
	case EDIT_FILE:
		snprintf(a, sizeof(a), "%s/%s", object, step->c);
		edit(dir, a, step->a, step->b);
		break;
	case END:
		break;
	}
}

/* ---- judging ---------------------------------------------------------------------------------------------------------------------------- */

struct judged {
	char codes[300][8];
	size_t count;
	struct buf text;
};

static void note(void *context, const struct ocfl_finding *finding)
{
	struct judged *judged = context;
	const char *code = finding->level == OCFL_UNCHECKED ? "?" : finding->code;
	if (finding->level != OCFL_UNCHECKED && !ocfl_code_rule(finding->spec, code))
		fail_msg("OCFL 1.%d has no code %s", finding->spec == OCFL_1_1, code);
	assert_int_equal(finding->level, code[0] == 'E' ? OCFL_ERROR : code[0] == 'W' ? OCFL_WARNING : OCFL_UNCHECKED);
	assert_true(finding->text.n > 0);
	buf_printf(&judged->text, "    %s %.*s: %.*s\n", code, STR_ARG(finding->path), STR_ARG(finding->text));
	for (size_t i = 0; i < judged->count; i++)
		if (!strcmp(judged->codes[i], code))
			return;
	assert_true(judged->count < 300);
	snprintf(judged->codes[judged->count++], sizeof(judged->codes[0]), "%s", code);
}

static int code_compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* The codes found, sorted, in a line. */
static void judge(int dir, const char *path, bool root, struct buf *line, struct judged *judged, struct ocfl_result *result)
{
	struct ocfl_validate_options options = {.context = judged, .found = note};
	struct ocfl_tree tree = tree_of(&dir);
	struct err err = ERR_INIT;
	*judged = (struct judged){.text = BUF_INIT};
	*result = (struct ocfl_result){0};
	int status = (root ? ocfl_validate_root : ocfl_validate_object)(&tree, path, &options, result, &err);
	if (status < 0)
		fail_msg("%s", err.text);
	qsort(judged->codes, judged->count, sizeof(judged->codes[0]), code_compare);
	buf_clear(line);
	for (size_t i = 0; i < judged->count; i++)
		buf_printf(line, "%s%s", i ? " " : "", judged->codes[i]);
	assert_true(result->complete);
	assert_int_equal(ocfl_passed(result), !result->errors && !result->unchecked);
}

static const char *text_of(const struct buf *buf)
{
	return buf->p ? buf->p : "";
}

#define ID "urn:example:letter"
#define MD5_ONE "f97c5d29941bfb1b2fdab0874906ab82"
#define SHA1_ONE "fe05bcdcdc4928012781a5f1a2a77cbb5398e106"
#define BLAKE_ZERO                                                                                                                 \
	"786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701a" \
	"fe9be2ce"
#define WITH_FIXITY(block) "\"head\":\"v2\",", "\"fixity\":{" block "},\"head\":\"v2\","

static const struct spoilt objects[] = {
	{"good", "", "", {{END}}},
	{"logs may hold anything", "", "", {{WRITE, "logs/2026/x.log", "x"}, {FOLDER, "logs/empty"}}},
	{"a registered extension", "", "", {{WRITE, "extensions/0005-mutable-head/x", "x"}}},
	{"extra file", "E001", "E001", {{WRITE, "x", "x"}}},
	{"extra folder", "E001", "E001", {{WRITE, "x/y", "x"}}},
	{"backup of the inventory", "E001", "E001", {{WRITE, "inventory.json.bak", "x"}}},
	{"declaration is a folder", "E002 E003", "-", {{REMOVE, OCFL_OBJECT_DECLARATION}, {FOLDER, OCFL_OBJECT_DECLARATION}}},
	{"declaration without T=", "E002 E003 E004", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "ocfl_object_1.1"}}},
	{"no declaration", "E003", "-", {{REMOVE, OCFL_OBJECT_DECLARATION}}},
	{"two declarations", "E003", "-", {{WRITE, "0=ocfl_object_1.0", "ocfl_object_1.0\n"}}},
	{"declaration of a misspelt kind", "E003 E006", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "0=ocfl_objekt_1.1"}}},
	{"declaration of a storage root", "E003 E006", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "0=ocfl_1.1"}}},
	{"declaration with two tags", "E002 E003 E005", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "00=ocfl_object_1.1"}}},
	{"a second declaration, of no version", "E003 E006", "E003 E006", {{WRITE, "0=ocfl_object_2.0", "ocfl_object_2.0\n"}}},
	{"a second NAMASTE file", "E001 E003 E006", "E001 E003 E006", {{WRITE, "0=pairtree_0.1", "pairtree_0.1\n"}}},
	{"T is 1", "E003 E005", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "1=ocfl_object_1.1"}}},
	{"T is a letter", "E002 E003 E005", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "x=ocfl_object_1.1"}}},
	{"dvalue of no version", "E003 E006", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "0=ocfl_object_9"}}},
	{"dvalue with a suffix", "E003 E006", "-", {{RENAME, OCFL_OBJECT_DECLARATION, "0=ocfl_object_1.1.txt"}}},
	{"declaration without newline", "E007", "-", {{WRITE, OCFL_OBJECT_DECLARATION, "ocfl_object_1.1"}}},
	{"declaration with two newlines", "E007", "-", {{WRITE, OCFL_OBJECT_DECLARATION, "ocfl_object_1.1\n\n"}}},
	{"declaration empty", "E007", "-", {{WRITE, OCFL_OBJECT_DECLARATION, ""}}},
	{"declares the other version", "E038", "-",
		{{REMOVE, OCFL_OBJECT_DECLARATION}, {WRITE, "0=ocfl_object_1.0", "ocfl_object_1.0\n"}}},
	{"a third version directory", "E046", "E046",
		{{FOLDER, "v3/x"}, {REMOVE, "v3/x"}, {WRITE, "v3/inventory.json", "{}"}, {REMOVE, "v3/inventory.json"}}},
	{"a directory for version 0", "E001 E009 E105", "E001 E009", {{WRITE, "v0/x", "x"}}},
	{"a directory without its v", "E001 E104", "E001", {{WRITE, "3/x", "x"}}},
	{"a directory for version 1.5", "E001 E105", "E001", {{WRITE, "v1.5/x", "x"}}},
	{"a directory with a large V", "E001 E104", "E001 E091", {{WRITE, "V3/x", "x"}}},
	{"no version directories", "E008 E046 E092", "E008 E046 E092", {{REMOVE, "v1"}, {REMOVE, "v2"}}},
	{"a version named v0", "E009 E046 E105", "E009 E046", {{EDIT, "\"v2\":{", "\"v0\":{}, \"v2\":{"}}},
	{"a version named v1.5", "E046 E105", "E046", {{EDIT, "\"v2\":{", "\"v1.5\":{}, \"v2\":{"}}},
	{"padded beside not padded", "E010 E012 E013 E023 E046", "E010 E012 E013 E023 E046", {{WRITE, "v04/content/x", "x"}}},
	{"no version 1 directory", "E009 E046 E092", "E009 E046 E092", {{REMOVE, "v1"}}},
	{"extra file in a version", "E015", "E015", {{WRITE, "v1/x", "x"}}},
	{"extra sidecar in a version", "E059", "E059", {{WRITE, "v1/inventory.json.md5", "x"}}},
	{"no content directory", "E016 E092", "E016 E092", {{REMOVE, "v2/content"}}},
	{"contentDirectory with a slash", "E017 E108", "E017",
		{{EDIT, "{\n\"digest", "{\n\"contentDirectory\":\"a/b\",\n\"digest"}}},
	{"contentDirectory ..", "E018 E108", "E018", {{EDIT, "{\n\"digest", "{\n\"contentDirectory\":\"..\",\n\"digest"}}},
	{"contentDirectory .", "E018 E108", "E018", {{EDIT, "{\n\"digest", "{\n\"contentDirectory\":\".\",\n\"digest"}}},
	{"contentDirectory empty", "E108", "E017", {{EDIT, "{\n\"digest", "{\n\"contentDirectory\":\"\",\n\"digest"}}},
	{"content directory not named", "E021 E042 E092 W002", "E021 E042 E092 W002",
		{{RENAME, "v2/content", "v2/data"}, {EDIT, "v2/content/a.txt", "v2/data/a.txt"}}},
	{"content directory in another case", "E016 E092 W002", "E016 E091 E092 W002", {{RENAME, "v1/content", "v1/CONTENT"}}},
	{"contentDirectory set late", "E019", "E019", {{EDIT, "{\n\"digest", "{\n\"contentDirectory\":\"content\",\n\"digest"}}},
	{"contentDirectory not repeated", "", "", {{EDIT_V1, "{\n\"digest", "{\n\"contentDirectory\":\"content\",\n\"digest"}}},
	{"file not in the manifest", "E023", "E023", {{WRITE, "v2/content/x", "x"}}},
	{"file in an old version not in the manifest", "E023", "E023", {{WRITE, "v1/content/x", "x"}}},
	{"empty folder in content", "E024", "E024",
		{{FOLDER, "v2/content/x/y"}, {WRITE, "v1/content/b/.keep", "x"}, {REMOVE, "v1/content/b/.keep"}}},
	{"unknown fixity algorithm", "E026 E056", "E026 E056", {{EDIT, WITH_FIXITY("\"crc\":{\"00\":[\"v1/content/a.txt\"]}")}}},
	{"fixity of an extension", "", "", {{EDIT, WITH_FIXITY("\"size\":{\"7\":[\"v1/content/a.txt\"]}")}}},
	{"fixity right", "", "",
		{{EDIT, WITH_FIXITY("\"md5\":{\"" MD5_ONE "\":[\"v1/content/a.txt\"]},\"sha1\":{\"" SHA1_ONE
				    "\":[\"v1/content/a.txt\"]}")}}},
	{"fixity of the first version only", "", "",
		{{EDIT_V1, "\"head\":\"v1\",", "\"fixity\":{\"md5\":{\"" MD5_ONE "\":[\"v1/content/a.txt\"]}},\"head\":\"v1\","}}},
	{"fixity of the first version wrong", "E093", "E093",
		{{EDIT_V1, "\"head\":\"v1\",",
			"\"fixity\":{\"md5\":{\"" MD5_ONE "\":[\"v1/content/b/c.txt\"]}},\"head\":\"v1\","}}},
	{"fixity empty", "", "", {{EDIT, WITH_FIXITY("")}}},
	{"fixity is an array", "E111", "E056 E057", {{EDIT, "\"head\":\"v2\",", "\"fixity\":[],\"head\":\"v2\","}}},
	{"fixity is null", "E111", "E056 E057", {{EDIT, "\"head\":\"v2\",", "\"fixity\":null,\"head\":\"v2\","}}},
	{"fixity named otherwise", "E055 E102", "E055 E102", {{EDIT, "\"head\":\"v2\",", "\"Fixity\":{},\"head\":\"v2\","}}},
	{"fixity block is an array", "E057", "E057", {{EDIT, WITH_FIXITY("\"md5\":[]")}}},
	{"fixity paths are no array", "E057", "E057", {{EDIT, WITH_FIXITY("\"md5\":{\"" MD5_ONE "\":\"v1/content/a.txt\"}")}}},
	{"fixity path is a number", "E057", "E057", {{EDIT, WITH_FIXITY("\"md5\":{\"" MD5_ONE "\":[1]}")}}},
	{"sha1 not hexadecimal", "E029", "E029", {{EDIT, WITH_FIXITY("\"sha1\":{\"zz\":[\"v1/content/a.txt\"]}")}}},
	{"sha256 too short", "E030", "E030", {{EDIT, WITH_FIXITY("\"sha256\":{\"00\":[\"v1/content/a.txt\"]}")}}},
	{"blake2b-512 not hexadecimal", "E032", "E032", {{EDIT, WITH_FIXITY("\"blake2b-512\":{\"zz\":[\"v1/content/a.txt\"]}")}}},
	{"fixity wrong", "E093", "E093", {{EDIT, WITH_FIXITY("\"blake2b-512\":{\"" BLAKE_ZERO "\":[\"v1/content/a.txt\"]}")}}},
	{"fixity of a file that is not there", "E057 E093", "E057 E093",
		{{EDIT, WITH_FIXITY("\"md5\":{\"" MD5_ONE "\":[\"v1/content/x\"]}")}}},
	{"fixity digest twice", "E093 E097", "E093 E097",
		{{EDIT, WITH_FIXITY("\"md5\":{\"" MD5_ONE
				    "\":[\"v1/content/a.txt\"],\"F97C5D29941BFB1B2FDAB0874906AB82\":[\"v1/content/b/c.txt\"]}")}}},
	{"inventory named otherwise", "E001 E034 E063", "E001 E034 E063 E091", {{RENAME, "inventory.json", "Inventory.json"}}},
	{"inventory of another name", "E001 E034 E063", "E001 E034 E063", {{RENAME, "inventory.json", "manifest.json"}}},
	{"inventory cut short", "E033", "E033", {{EDIT, "}\n}\n", ""}}},
	{"rubbish behind the inventory", "E033", "E033", {{EDIT, "}\n}\n", "}\n}\nx"}}},
	{"duplicate key", "E033", "E033", {{EDIT, "\"head\":\"v2\",", "\"head\":\"v2\",\"head\":\"v2\","}}},
	{"duplicate key of a version", "E033", "E033",
		{{EDIT, "\"message\":\"Taken in\",", "\"message\":\"Taken in\",\"message\":\"Taken in\","}}},
	{"unknown key", "E102", "E102", {{EDIT, "\"head\":\"v2\",", "\"head\":\"v2\",\"note\":[{}],"}}},
	{"lone surrogate", "E033", "E033", {{EDIT, "Taken in", "Taken \\ud800in"}}},
	{"nested too deep", "E033", "E033",
		{{EDIT, "\"head\":\"v2\",",
			"\"head\":\"v2\",\"x\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
			"[[[[[[[[]"}}},
	{"no id", "E036", "E036", {{EDIT, "\"id\":\"" ID "\",\n", ""}}},
	{"id changes", "E037 E110", "E037", {{EDIT_V1, ID, "urn:example:other"}}},
	{"type of another kind", "E038", "E038", {{EDIT, "/spec/#inventory", "/spec/#other"}}},
	{"head of the first version's inventory", "E040", "E040", {{EDIT_V1, "\"head\":\"v1\"", "\"head\":\"v2\""}}},
	{"no versions", "E041 E043 E044 E102", "E041 E043 E044 E102", {{EDIT, "\"versions\":{", "\"Versions\":{"}}},
	{"versions is an array", "E044 E045 E102", "E044 E045 E102", {{EDIT, "\"versions\":{", "\"versions\":[],\"x\":{"}}},
	{"no manifest", "E041 E102", "E041 E102", {{EDIT, "\"manifest\":{", "\"x\":{"}}},
	{"manifest is an array", "E102 E106", "E041 E102", {{EDIT, "\"manifest\":{", "\"manifest\":[],\"x\":{"}}},
	{"a version named 3", "E046 E104", "E046", {{EDIT, "\"v2\":{", "\"3\":{}, \"v2\":{"}}},
	{"a version too many", "E040 E046", "E040 E046",
		{{EDIT, "\"v2\":{",
			"\"v3\":{\"created\":\"2026-11-23T20:28:00Z\",\"message\":\"\",\"state\":{},\"user\":{\"name\":\"n\","
			"\"address\":\"urn:x\"}}, \"v2\":{"}}},
	{"a version is a number", "E047", "E047", {{EDIT, "\"v2\":{", "\"v3\":7, \"v2\":{"}}},
	{"no created", "E048 W011", "E048 W011", {{EDIT, "\"created\":\"2026-11-23T20:28:00Z\",\n", ""}}},
	{"no state", "E048 E066 E102 E107", "E048 E066 E102", {{EDIT, "\"state\":", "\"State\":"}}},
	{"created on a day that is none", "E049 W011", "E049 W011", {{EDIT, "2026-11-23T", "2026-02-30T"}}},
	{"created in the small letters of RFC 3339", "W011", "W011", {{EDIT, "T20:28:00Z", "t20:28:00.25z"}}},
	{"created without zone", "E049 W011", "E049 W011", {{EDIT, "20:28:00Z", "20:28:00"}}},
	{"logical path empty", "E051 E052 E066", "E051 E052 E066", {{EDIT, "[\"a.txt\"]", "[\"\"]"}}},
	{"logical path is null", "E051 E066", "E051 E066", {{EDIT, "[\"a.txt\"]", "[null]"}}},
	{"logical paths are no array", "E050 E051 E066", "E050 E051 E066", {{EDIT, "[\"a.txt\"]", "\"a.txt\""}}},
	{"logical path with ..", "E052 E066", "E052 E066", {{EDIT, "[\"a.txt\"]", "[\"x/../a.txt\"]"}}},
	{"logical path with a slash first", "E053 E066", "E053 E066", {{EDIT, "[\"a.txt\"]", "[\"/a.txt\"]"}}},
	{"user without name", "E054 W011", "E054 W011", {{EDIT, ",\"name\":\"Ann\"", ""}}},
	{"address is a number", "E054 W011", "E054 W011", {{EDIT, "\"mailto:ann@example.org\"", "7"}}},
	{"sidecar with tabs and CR", "", "",
		{{EDIT_FILE, " inventory.json\n", "\t \tinventory.json\r\n", "inventory.json.sha512"}}},
	{"sidecar with an asterisk", "E061", "E061", {{EDIT_FILE, " inventory", " *inventory", "v1/inventory.json.sha512"}}},
	{"sidecar missing in a version", "E058", "E058", {{REMOVE, "v1/inventory.json.sha512"}}},
	{"sidecar of another algorithm", "E058 E059", "E058 E059", {{RENAME, "inventory.json.sha512", "inventory.json.sha256"}}},
	{"sidecar of another digest", "E060", "E060", {{EDIT_FILE, "\n\"id\"", "\n \"id\"", "v1/inventory.json"}}},
	{"sidecar without name", "E061", "E061", {{EDIT_FILE, " inventory.json", "", "inventory.json.sha512"}}},
	{"sidecar of one byte", "E061", "E061", {{WRITE, "v2/inventory.json.sha512", "0"}}},
	{"latest inventory differs in space", "E064", "E064", {{EDIT_ROOT, "\n\"id\"", "\n \"id\""}}},
	{"state of version 1 changes", "E066", "E066", {{EDIT_V1, "[\"b/c.txt\"]", "[\"b/d.txt\"]"}}},
	{"file in extensions", "E067", "E067", {{WRITE, "extensions/x", "x"}}},
	{"extension not registered", "W013", "W013", {{WRITE, "extensions/ours/x", "x"}}},
	{"object deep inside an object", "E001 E082", "E001 E082", {{WRITE, "x/y/z/0=ocfl_object_1.0", "ocfl_object_1.0\n"}}},
	{"object inside an object", "E001 E082", "E001 E082", {{WRITE, "x/0=ocfl_object_1.1", "ocfl_object_1.1\n"}}},
	{"symbolic link for a file", "E090 E092", "E090 E092",
		{{RENAME, "v1/content/a.txt", "v1/x"}, {SYMLINK, "v1/content/a.txt", "../x"}, {REMOVE, "v1/x"}}},
	{"symbolic link in the root", "E090", "E090", {{SYMLINK, "x", "v1"}}},
	{"symbolic link in logs", "E090", "E090", {{FOLDER, "logs/deep"}, {SYMLINK, "logs/deep/x", "/etc"}}},
	{"symbolic link in an extension", "E090", "E090",
		{{FOLDER, "extensions/0005-mutable-head"}, {SYMLINK, "extensions/0005-mutable-head/x", "/etc"}}},
	{"version directory is a link", "E046 E090 E092", "-",
		{{RENAME, "v2", "../elsewhere-v2"}, {SYMLINK, "v2", "../elsewhere-v2"}}},
	{"hard links", "E090", "E090",
		{{REMOVE, "v1/content/b/c.txt"}, {WRITE, "v1/content/b/c.txt", "two"}, {FOLDER, "logs"},
			{HARDLINK, "logs/x", "v1/content/b/c.txt"}}},
	{"a pipe", "E090", "E090", {{FIFO, "v1/content/x"}}},
	{"a pipe instead of the inventory", "E063 E090", "E063 E090", {{REMOVE, "inventory.json"}, {FIFO, "inventory.json"}}},
	{"case of a name", "E023 E092", "E023 E091 E092", {{RENAME, "v1/content/a.txt", "v1/content/A.TXT"}}},
	{"content missing", "E092", "E092",
		{{REMOVE, "v1/content/a.txt"}, {WRITE, "v1/content/b/x", "x"}, {REMOVE, "v1/content/b/x"}}},
	{"content changed", "E092", "E092", {{WRITE, "v1/content/b/c.txt", "twO"}}},
	{"content longer", "E092", "E092", {{WRITE, "v2/content/a.txt", "three\n"}}},
	{"manifest value is a string", "E023 E092", "E023 E092", {{EDIT, "[\"v2/content/a.txt\"]", "\"v2/content/a.txt\""}}},
	{"message is a list", "E094 W011", "E094 W011", {{EDIT, "\"Taken in\"", "[]"}}},
	{"logical paths conflict", "E066 E095", "E066 E095", {{EDIT, "[\"a.txt\"]", "[\"a.txt\",\"b\"]"}}},
	{"content path empty", "E023 E098 E099", "E023 E098 E099", {{EDIT, "[\"v2/content/a.txt\"]", "[\"\"]"}}},
	{"content paths conflict", "E092 E101", "E092 E101",
		{{EDIT, "[\"v2/content/a.txt\"]", "[\"v2/content/a.txt\",\"v2/content/a.txt/x\"]"}}},
	{"content path with backslashes", "E023 E035 E092", "E023 E035 E092",
		{{EDIT, "[\"v2/content/a.txt\"]", "[\"v2\\\\content\\\\a.txt\"]"}}},
	{"content path with one backslash", "E023 E035 E092", "E023 E035 E092",
		{{EDIT, "[\"v2/content/a.txt\"]", "[\"v2/content/x\\\\a.txt\"]"}}},
	{"a name with a backslash in it", "", "",
		{{RENAME, "v2/content/a.txt", "v2/content/x\\a.txt"},
			{EDIT, "[\"v2/content/a.txt\"]", "[\"v2/content/x\\\\a.txt\"]"}}},
	{"content path absolute", "E023 E042 E100", "E023 E042 E100",
		{{EDIT, "[\"v2/content/a.txt\"]", "[\"/v2/content/a.txt\"]"}}},
	{"content path is a number", "E023 E092 E098", "E023 E092 E098", {{EDIT, "[\"v2/content/a.txt\"]", "[7]"}}},
	{"content path elsewhere", "E023 E042 E092", "E023 E042 E092", {{EDIT, "[\"v2/content/a.txt\"]", "[\"x/a.txt\"]"}}},
	{"content path of a padded version", "E014 E023 E092", "E014 E023 E092",
		{{EDIT, "[\"v2/content/a.txt\"]", "[\"v02/content/a.txt\"]"}}},
	{"extra folder in a version", "W002", "W002", {{WRITE, "v1/x/y", "x"}}},
	{"empty content directory", "W003 W010", "W003 W010",
		{{FOLDER, "v3/content"}, {EDIT_ROOT, "\"head\":\"v2\"", "\"head\":\"v3\""},
			{EDIT_ROOT, "\"v2\":{",
				"\"v3\":{\"created\":\"2026-11-23T20:28:00Z\",\"message\":\"\",\"state\":{},\"user\":{\"name\":"
				"\"n\",\"address\":\"urn:x\"}}, \"v2\":{"}}},
	{"no inventory in version 1", "W010", "W010", {{REMOVE, "v1/inventory.json"}, {REMOVE, "v1/inventory.json.sha512"}}},
	{"id is no URI", "W005", "W005", {{EDIT_ALL, ID, "letter"}}},
	{"no address", "W008 W011", "W008 W011", {{EDIT, "\"address\":\"mailto:ann@example.org\",", ""}}},
	{"address is no URI", "W009 W011", "W009 W011", {{EDIT, "mailto:ann@example.org", "Ann"}}},
	{"message missing", "W007 W011", "W007 W011", {{EDIT, "\"message\":\"Taken in\",\n", ""}}},
};

static unsigned run_objects(enum ocfl_version spec, int dir)
{
	unsigned wrong = 0;
	struct buf line = BUF_INIT;
	for (size_t i = 0; i < sizeof(objects) / sizeof(*objects); i++) {
		const struct spoilt *spoilt = &objects[i];
		const char *expected = spec == OCFL_1_0 ? spoilt->codes_1_0 : spoilt->codes;
		struct judged judged;
		struct ocfl_result result;
		if (!strcmp(expected, "-"))
			continue;
		make_object(dir, "object", ID, DIGEST_SHA512);
		if (spec == OCFL_1_0)
			make_1_0(dir, "object");
		for (size_t k = 0; k < STEPS; k++)
			do_step(dir, "object", &spoilt->steps[k]);
		judge(dir, "object", false, &line, &judged, &result);
		assert_int_equal(result.objects, 1);
		if (strcmp(text_of(&line), expected) != 0) {
			printf("WRONG OCFL 1.%d %s: expected \"%s\", found \"%s\"\n%s", spec == OCFL_1_1, spoilt->name, expected,
				text_of(&line), text_of(&judged.text));
			wrong++;
		}
		buf_release(&judged.text);
		tree_remove(dir, "object");
		tree_remove(dir, "elsewhere-v2");
	}
	buf_release(&line);
	return wrong;
}

static void test_objects(void **state)
{
	int dir = *(int *)*state;
	unsigned wrong = run_objects(OCFL_1_1, dir) + run_objects(OCFL_1_0, dir);
	assert_int_equal(wrong, 0);
}

/* ---- storage roots ---------------------------------------------------------------------------------------------------------------------- */

#define LETTER "5ea/urn%3aexample%3aletter"
#define SCAN "8d1/urn%3aexample%3ascan"

static void make_root(int dir)
{
	struct buf text = BUF_INIT;
	tree_mkdir(dir, "root");
	tree_text(dir, "root/" OCFL_ROOT_DECLARATION, OCFL_ROOT_DECLARATION_TEXT);
	ocfl_layout_write(&text, &ocfl_layout_ours);
	tree_write(dir, "root/" OCFL_LAYOUT, text.p, text.n);
	buf_clear(&text);
	ocfl_layout_config_write(&text, &ocfl_layout_ours);
	tree_write(dir, "root/extensions/0003-hash-and-id-n-tuple-storage-layout/config.json", text.p, text.n);
	static const char *const ids[] = {"urn:example:letter", "urn:example:scan"};
	for (size_t i = 0; i < 2; i++) {
		buf_clear(&text);
		buf_text(&text, "root/");
		assert_int_equal(ocfl_layout_path(&ocfl_layout_ours, str_from(ids[i]), &text, NULL), 0);
		make_object(dir, text.p, ids[i], DIGEST_SHA512);
	}
	buf_release(&text);
}

static const struct spoilt roots[] = {
	{"good", "", NULL, {{END}}},
	{"files that are not understood", "", NULL, {{WRITE, "README", "x"}, {WRITE, "ocfl_1.1.md", "x"}, {WRITE, ".hidden", "x"}}},
	{"no declaration", "E069 E076", NULL, {{REMOVE, OCFL_ROOT_DECLARATION}}},
	{"a NAMASTE file of another kind", "", NULL, {{WRITE, "0=pairtree_0.1", "pairtree_0.1\n"}}},
	{"another kind instead", "E076 E079", NULL, {{RENAME, OCFL_ROOT_DECLARATION, "0=pairtree_0.1"}}},
	{"two declarations, one of no version", "E076 E079", NULL, {{WRITE, "0=ocfl_9.9", "ocfl_9.9\n"}}},
	{"two declarations", "E076", NULL, {{WRITE, "0=ocfl_1.0", "ocfl_1.0\n"}}},
	{"declaration without T=", "E075 E076 E077", NULL, {{RENAME, OCFL_ROOT_DECLARATION, "ocfl_1.1"}}},
	{"T is 1", "E076 E078", NULL, {{RENAME, OCFL_ROOT_DECLARATION, "1=ocfl_1.1"}}},
	{"dvalue of no version", "E076 E079", NULL, {{RENAME, OCFL_ROOT_DECLARATION, "0=ocfl_2.0"}}},
	{"declaration without newline", "E080", NULL, {{WRITE, OCFL_ROOT_DECLARATION, "ocfl_1.1"}}},
	{"layout is no JSON", "E070", NULL, {{WRITE, OCFL_LAYOUT, "x"}}},
	{"layout is an array", "E070", NULL, {{WRITE, OCFL_LAYOUT, "[]"}}},
	{"layout without extension", "E070", NULL, {{WRITE, OCFL_LAYOUT, "{\"description\":\"x\"}"}}},
	{"layout without description", "E070", NULL,
		{{WRITE, OCFL_LAYOUT, "{\"extension\":\"0003-hash-and-id-n-tuple-storage-layout\"}"}}},
	{"layout with the key of 1.0's code", "E070", NULL,
		{{WRITE, OCFL_LAYOUT, "{\"key\":\"0003-hash-and-id-n-tuple-storage-layout\",\"description\":\"x\"}"}}},
	{"layout not registered", "E071", NULL, {{WRITE, OCFL_LAYOUT, "{\"extension\":\"ours\",\"description\":\"x\"}"}}},
	{"layout with a registered number", "E071", NULL,
		{{WRITE, OCFL_LAYOUT, "{\"extension\":\"0003-other\",\"description\":\"x\"}"}}},
	{"layout newer than we are", "", NULL, {{WRITE, OCFL_LAYOUT, "{\"extension\":\"0099-other\",\"description\":\"x\"}"}}},
	{"no layout", "", NULL, {{REMOVE, OCFL_LAYOUT}}},
	{"config of the layout broken", "?", NULL,
		{{WRITE, "extensions/0003-hash-and-id-n-tuple-storage-layout/config.json", "{\"tupleSize\":99}"}}},
	{"other parameters than the objects'", "E083", NULL,
		{{WRITE, "extensions/0003-hash-and-id-n-tuple-storage-layout/config.json",
			"{\"tupleSize\":2,\"numberOfTuples\":1}"}}},
	{"no config: the defaults are others", "E083", NULL, {{REMOVE, "extensions"}}},
	{"an object elsewhere", "E083 W014", NULL, {{FOLDER, "abc"}, {RENAME, LETTER, "abc/letter"}, {REMOVE, "5ea"}}},
	{"file in the hierarchy", "E072 E084", NULL, {{WRITE, "5ea/x", "x"}}},
	{"hierarchy ends in a file", "E072 E085 E088", NULL, {{WRITE, "x/y", "x"}}},
	{"hierarchy ends in a file further down", "E072 E085 E088", NULL, {{WRITE, "5ea/x/y", "x"}}},
	{"folder without objects", "E073 E088", NULL, {{FOLDER, "x/y/z"}}},
	{"empty folder", "E073", NULL, {{FOLDER, "x"}}},
	{"empty folder further down", "E073", NULL, {{FOLDER, "5ea/x"}}},
	{"empty directory of an extension", "E073", NULL, {{FOLDER, "extensions/0005-mutable-head"}}},
	{"empty extensions", "E073", NULL, {{REMOVE, "extensions"}, {FOLDER, "extensions"}, {REMOVE, OCFL_LAYOUT}}},
	{"storage root inside", "E072 E074 E085 E088", NULL, {{WRITE, "x/0=ocfl_1.1", "ocfl_1.1\n"}}},
	{"root of 1.0, objects of 1.1", "E081", NULL, {{REMOVE, OCFL_ROOT_DECLARATION}, {WRITE, "0=ocfl_1.0", "ocfl_1.0\n"}}},
	{"object without declaration", "E003", NULL, {{REMOVE, LETTER "/" OCFL_OBJECT_DECLARATION}}},
	{"object inside an object", "E001 E082", NULL, {{WRITE, LETTER "/x/0=ocfl_object_1.1", "ocfl_object_1.1\n"}}},
	{"file in extensions", "E112", NULL, {{WRITE, "extensions/x", "x"}}},
	{"file in extensions of a 1.0 root", "E081 E086", NULL,
		{{WRITE, "extensions/x", "x"}, {REMOVE, OCFL_ROOT_DECLARATION}, {WRITE, "0=ocfl_1.0", "ocfl_1.0\n"}}},
	{"extension not registered", "W016", NULL, {{WRITE, "extensions/ours/x", "x"}}},
	{"extension not registered in a 1.0 root", "E081 W013", NULL,
		{{WRITE, "extensions/ours/x", "x"}, {REMOVE, OCFL_ROOT_DECLARATION}, {WRITE, "0=ocfl_1.0", "ocfl_1.0\n"}}},
	{"symbolic link to a folder", "E090", NULL, {{SYMLINK, "x", "5ea"}}},
	{"symbolic link in the hierarchy", "E090", NULL, {{SYMLINK, "5ea/x", "/"}}},
	{"objects at the top too", "W014 W015", NULL, {{RENAME, LETTER, "letter"}, {REMOVE, "5ea"}, {REMOVE, OCFL_LAYOUT}}},
	{"objects at several depths", "W014", NULL,
		{{FOLDER, "a/b"}, {RENAME, LETTER, "a/b/letter"}, {REMOVE, "5ea"}, {REMOVE, OCFL_LAYOUT}}},
	{"an id twice in a layout", "E037 E083 W014", NULL,
		{{EDIT_FILE, "urn:example:scan", "urn:example:letter", SCAN "/inventory.json"},
			{EDIT_FILE, "urn:example:scan", "urn:example:letter", SCAN "/v1/inventory.json"},
			{EDIT_FILE, "urn:example:scan", "urn:example:letter", SCAN "/v2/inventory.json"}}},
	{"an id twice", "E037 E083", NULL,
		{{REMOVE, OCFL_LAYOUT}, {EDIT_FILE, "urn:example:scan", "urn:example:letter", SCAN "/inventory.json"},
			{EDIT_FILE, "urn:example:scan", "urn:example:letter", SCAN "/v1/inventory.json"},
			{EDIT_FILE, "urn:example:scan", "urn:example:letter", SCAN "/v2/inventory.json"}}},
};

static void test_roots(void **state)
{
	int dir = *(int *)*state;
	unsigned wrong = 0;
	struct buf line = BUF_INIT;
	for (size_t i = 0; i < sizeof(roots) / sizeof(*roots); i++) {
		struct judged judged;
		struct ocfl_result result;
		make_root(dir);
		for (size_t k = 0; k < STEPS; k++)
			do_step(dir, "root", &roots[i].steps[k]);
		if (!strncmp(roots[i].name, "an id twice", 11)) {
			seal(dir, "root/" SCAN);
			seal(dir, "root/" SCAN "/v1");
			seal(dir, "root/" SCAN "/v2");
		}
		judge(dir, "root", true, &line, &judged, &result);
		if (strcmp(text_of(&line), roots[i].codes) != 0 || result.objects != 2) {
			printf("WRONG root %s: expected \"%s\", found \"%s\" in %llu objects\n%s", roots[i].name, roots[i].codes,
				text_of(&line), (unsigned long long)result.objects, text_of(&judged.text));
			wrong++;
		}
		buf_release(&judged.text);
		tree_remove(dir, "root");
	}
	buf_release(&line);
	assert_int_equal(wrong, 0);
}

/* ---- what a validator must not do -------------------------------------------------------------------------------------------------------- */

struct faulty {
	struct ocfl_tree under;
	int calls, fail_at;
	enum err_code code;
};

static int faulty_list(void *context, const char *path, ocfl_each *each, void *each_context, struct err *err)
{
	struct faulty *faulty = context;
	if (++faulty->calls == faulty->fail_at)
		return err_set(err, faulty->code, "%s: the disk is broken", path);
	return faulty->under.list(faulty->under.context, path, each, each_context, err);
}

static int faulty_read(void *context, const char *path, ocfl_sink *sink, void *sink_context, struct err *err)
{
	struct faulty *faulty = context;
	if (++faulty->calls == faulty->fail_at)
		return err_set(err, faulty->code, "%s: the disk is broken", path);
	return faulty->under.read(faulty->under.context, path, sink, sink_context, err);
}

/* Whatever list or read fails: the root never passes; an interruption ends the check. */
static void test_broken_disk(void **state)
{
	int dir = *(int *)*state;
	make_root(dir);
	for (int code = 0; code < 2; code++)
		for (int at = 1;; at++) {
			struct faulty faulty = {tree_of(&dir), 0, at, code ? ERR_INTERRUPTED : ERR_SYSTEM};
			struct ocfl_tree tree = {&faulty, faulty_list, faulty_read};
			struct judged judged = {.text = BUF_INIT};
			struct ocfl_validate_options options = {.context = &judged, .found = note};
			struct ocfl_result result = {0};
			struct err err = ERR_INIT;
			int status = ocfl_validate_root(&tree, "root", &options, &result, &err);
			buf_release(&judged.text);
			if (faulty.calls < at) {
				assert_true(at > 30);
				assert_true(ocfl_passed(&result));
				break;
			}
			assert_false(ocfl_passed(&result));
			if (code) {
				assert_int_equal(status, -1);
				assert_int_equal(err.code, ERR_INTERRUPTED);
				assert_false(result.complete);
			} else {
				assert_int_equal(status, 0);
				assert_true(result.unchecked > 0);
			}
		}
	tree_remove(dir, "root");
}

struct stopper {
	int after;
};

static int stop(void *context, const struct ocfl_result *result, struct err *err)
{
	struct stopper *stopper = context;
	assert_false(result->complete);
	return stopper->after-- > 0 ? 0 : err_set(err, ERR_INTERRUPTED, "enough");
}

static void test_progress(void **state)
{
	int dir = *(int *)*state;
	make_root(dir);
	for (int after = 0;; after++) {
		struct stopper stopper = {after};
		struct ocfl_tree tree = tree_of(&dir);
		struct ocfl_validate_options options = {.context = &stopper, .progress = stop};
		struct ocfl_result result = {0};
		struct err err = ERR_INIT;
		if (ocfl_validate_root(&tree, "root", &options, &result, &err) == 0) {
			assert_true(ocfl_passed(&result));
			assert_int_equal(result.objects, 2);
			assert_int_equal(result.versions, 4);
			assert_int_equal(result.inventories, 6);
			assert_int_equal(result.files, 6);
			assert_int_equal(result.objects_bad, 0);
			assert_true(after > 10);
			break;
		}
		assert_int_equal(err.code, ERR_INTERRUPTED);
		assert_false(ocfl_passed(&result));
	}
	/* Structure alone is never a pass. */
	struct ocfl_tree tree = tree_of(&dir);
	struct ocfl_validate_options options = {.no_content = true};
	struct ocfl_result result = {0};
	assert_int_equal(ocfl_validate_root(&tree, "root", &options, &result, NULL), 0);
	assert_int_equal(result.files, 0);
	assert_false(ocfl_passed(&result));
	tree_remove(dir, "root");
}

static void test_unknown_limits(void **state)
{
	int dir = *(int *)*state;
	struct judged judged = {.text = BUF_INIT};
	struct ocfl_tree tree = tree_of(&dir);
	struct ocfl_validate_options options = {.context = &judged, .found = note, .max_memory = 2000};
	struct ocfl_result result = {0};
	make_object(dir, "object", ID, DIGEST_SHA512);
	assert_int_equal(ocfl_validate_object(&tree, "object", &options, &result, NULL), 0);
	assert_true(result.unchecked > 0);
	assert_false(ocfl_passed(&result));
	tree_remove(dir, "object");
	buf_release(&judged.text);
	/* A chain of folders longer than is followed. */
	make_object(dir, "object", ID, DIGEST_SHA512);
	char path[4000] = "object/v2/content";
	for (int i = 0; i < 300; i++)
		strcat(path, "/x");
	tree_mkdir(dir, path);
	judged = (struct judged){.text = BUF_INIT};
	options.max_memory = 0;
	result = (struct ocfl_result){0};
	assert_int_equal(ocfl_validate_object(&tree, "object", &options, &result, NULL), 0);
	assert_int_equal(result.unchecked, 1);
	tree_remove(dir, "object");
	buf_release(&judged.text);
}

/* Small files that are not small: a layout, its config, a sidecar, a declaration of a MiB. */
static void test_bloated(void **state)
{
	int dir = *(int *)*state;
	static const struct {
		const char *path, *codes;
	} cases[] = {
		{"root/" OCFL_LAYOUT, "E070"},
		{"root/extensions/0003-hash-and-id-n-tuple-storage-layout/config.json", "?"},
		{"root/" OCFL_ROOT_DECLARATION, "E080"},
		{"root/" LETTER "/" OCFL_OBJECT_DECLARATION, "E007"},
		{"root/" LETTER "/inventory.json.sha512", "E061"},
	};
	struct buf line = BUF_INIT, text = BUF_INIT;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct judged judged;
		struct ocfl_result result;
		size_t n;
		make_root(dir);
		char *old = tree_read(dir, cases[i].path, &n);
		buf_clear(&text);
		buf_add(&text, old, n);
		for (int k = 0; k < 1 << 20; k++)
			buf_char(&text, ' ');
		tree_write(dir, cases[i].path, text.p, text.n);
		free(old);
		judge(dir, "root", true, &line, &judged, &result);
		if (strcmp(text_of(&line), cases[i].codes) != 0)
			fail_msg("%s: %s", cases[i].path, text_of(&line));
		buf_release(&judged.text);
		tree_remove(dir, "root");
	}
	buf_release(&line);
	buf_release(&text);
}

static void test_recognise(void **state)
{
	int dir = *(int *)*state;
	struct ocfl_tree tree = tree_of(&dir);
	enum ocfl_what what;
	make_root(dir);
	assert_int_equal(ocfl_recognise(&tree, "root", &what, NULL), 0);
	assert_int_equal(what, OCFL_ROOT);
	assert_int_equal(ocfl_recognise(&tree, "root/" LETTER, &what, NULL), 0);
	assert_int_equal(what, OCFL_OBJECT);
	assert_int_equal(ocfl_recognise(&tree, "root/5ea", &what, NULL), 0);
	assert_int_equal(what, OCFL_NEITHER);
	assert_int_equal(ocfl_recognise(&tree, "root/none", &what, NULL), -1);
	/* A root that has lost its declaration still leads to objects. */
	bool leads;
	assert_int_equal(ocfl_leads_to_object(&tree, "root", &leads, NULL), 0);
	assert_true(leads);
	assert_int_equal(ocfl_leads_to_object(&tree, "root/extensions", &leads, NULL), 0);
	assert_false(leads);
	assert_int_equal(ocfl_leads_to_object(&tree, "root/none", &leads, NULL), -1);
	/* A root's declaration in an object does not make it a root; another kind of declaration makes nothing. */
	assert_int_equal(
		renameat(dir, "root/" LETTER "/" OCFL_OBJECT_DECLARATION, dir, "root/" LETTER "/" OCFL_ROOT_DECLARATION), 0);
	assert_int_equal(ocfl_recognise(&tree, "root/" LETTER, &what, NULL), 0);
	assert_int_equal(what, OCFL_OBJECT);
	assert_int_equal(
		renameat(dir, "root/" LETTER "/" OCFL_ROOT_DECLARATION, dir, "root/" LETTER "/" OCFL_OBJECT_DECLARATION), 0);
	tree_text(dir, "root/5ea/0=bagit_0.97", "bagit_0.97\n");
	assert_int_equal(ocfl_recognise(&tree, "root/5ea", &what, NULL), 0);
	assert_int_equal(what, OCFL_NEITHER);
	tree_remove(dir, "root/" LETTER "/" OCFL_OBJECT_DECLARATION);
	assert_int_equal(ocfl_recognise(&tree, "root/" LETTER, &what, NULL), 0);
	assert_int_equal(what, OCFL_OBJECT);
	tree_remove(dir, "root");
}

/* sha256 under sha512: digests of an earlier version's inventory in another algorithm are checked against the files too. */
static void test_algorithm_change(void **state)
{
	int dir = *(int *)*state;
	struct buf line = BUF_INIT;
	struct judged judged;
	struct ocfl_result result;
	for (int wrong = 0; wrong < 3; wrong++) {
		char *text;
		size_t n;
		make_object(dir, "object", ID, DIGEST_SHA512);
		make_object(dir, "other", ID, DIGEST_SHA256);
		if (wrong == 1)
			edit(dir, "other/v1/inventory.json", "[\"a.txt\"]", "[\"A.txt\"]");
		text = tree_read(dir, "other/v1/inventory.json", &n);
		if (wrong == 2) {
			/* The digest of "one" becomes another one wherever it stands. */
			struct digest one = digest_as(DIGEST_SHA256, "one", 3);
			struct buf hex = BUF_INIT;
			buf_hex(&hex, one.bytes, 32);
			for (char *at = text; (at = strstr(at, hex.p)); at++)
				at[5] = at[5] == '0' ? '1' : '0';
			buf_release(&hex);
		}
		tree_write(dir, "object/v1/inventory.json", text, n);
		free(text);
		tree_remove(dir, "object/v1/inventory.json.sha512");
		seal(dir, "object/v1");
		judge(dir, "object", false, &line, &judged, &result);
		static const char *const expected[] = {"W004", "E066 W004", "E092 W004"};
		if (strcmp(text_of(&line), expected[wrong]) != 0)
			fail_msg("%s:\n%s", expected[wrong], text_of(&judged.text));
		buf_release(&judged.text);
		tree_remove(dir, "object");
		tree_remove(dir, "other");
	}
	buf_release(&line);
}

/* photostat's own choice of sha256 costs one warning and nothing else (DESIGN, On disk). */
static void test_ours(void **state)
{
	int dir = *(int *)*state;
	struct buf line = BUF_INIT;
	struct judged judged;
	struct ocfl_result result;
	make_object(dir, "object", "https://example.org/archive/r/letter", DIGEST_SHA256);
	judge(dir, "object", false, &line, &judged, &result);
	assert_string_equal(text_of(&line), "W004");
	assert_int_equal(result.warnings, 1);
	assert_true(ocfl_passed(&result));
	buf_release(&judged.text);
	buf_release(&line);
	tree_remove(dir, "object");
}

static char place[64];
static int place_fd;

static int start(void **state)
{
	place_fd = tree_temporary(place);
	*state = &place_fd;
	return 0;
}

static int finish(void **state)
{
	(void)state;
	char command[80];
	close(place_fd);
	snprintf(command, sizeof(command), "%s", place);
	tree_remove(AT_FDCWD, command);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_roots),
		cmocka_unit_test(test_broken_disk),
		cmocka_unit_test(test_progress),
		cmocka_unit_test(test_unknown_limits),
		cmocka_unit_test(test_bloated),
		cmocka_unit_test(test_recognise),
		cmocka_unit_test(test_algorithm_change),
		cmocka_unit_test(test_ours),
	};
	return cmocka_run_group_tests(tests, start, finish);
}
