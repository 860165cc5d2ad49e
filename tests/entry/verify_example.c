/* How a program uses libphotostat-verify, and nothing else: verify_example POLICY RECEIPT [FILE...]
 * Exit 0: proven; 1: not; 2: not a policy or receipt; 3: could not be read. */
#include <photostat-verify.h>

#include <stdio.h>
#include <stdlib.h>

static char *read_all(const char *name, size_t *size)
{
	FILE *file = fopen(name, "rb");
	char *bytes = NULL;
	size_t room = 0, n;
	*size = 0;
	if (!file)
		return NULL;
	do {
		char *more = realloc(bytes, room += 65536);
		if (!more)
			break;
		bytes = more;
		n = fread(bytes + *size, 1, room - *size, file);
		*size += n;
	} while (n > 0);
	fclose(file);
	return bytes;
}

static int64_t read_file(void *context, void *buffer, size_t size)
{
	FILE *file = (FILE *)context;
	size_t n = fread(buffer, 1, size, file);
	return ferror(file) ? -1 : (int64_t)n;
}

static int show_file(struct photostat_verify_receipt *receipt, const char *name)
{
	char sentence[PHOTOSTAT_VERIFY_SENTENCE];
	FILE *file = fopen(name, "rb");
	int answer = PHOTOSTAT_VERIFY_FAILED;
	if (file) {
		answer = photostat_verify_bytes(receipt, NULL, read_file, file, sentence);
		fclose(file);
		printf("%s: %s\n", name, sentence);
	} else {
		printf("%s: cannot be opened\n", name);
	}
	return answer;
}

int main(int count, char **arguments)
{
	struct photostat_verify_policy *policy = NULL;
	struct photostat_verify_receipt *receipt = NULL;
	char sentence[PHOTOSTAT_VERIFY_SENTENCE] = "cannot read the policy or the receipt";
	size_t policy_size, receipt_size;
	int answer = PHOTOSTAT_VERIFY_FAILED, i;
	char *policy_bytes = count > 2 ? read_all(arguments[1], &policy_size) : NULL;
	char *receipt_bytes = count > 2 ? read_all(arguments[2], &receipt_size) : NULL;

	if (policy_bytes && receipt_bytes) {
		answer = photostat_verify_policy_open(&policy, policy_bytes, policy_size, sentence);
		if (answer == PHOTOSTAT_VERIFY_YES)
			answer = photostat_verify_receipt_open(&receipt, policy, receipt_bytes, receipt_size, sentence);
		for (i = 3; answer == PHOTOSTAT_VERIFY_YES && i < count; i++)
			answer = show_file(receipt, arguments[i]);
		if (answer == PHOTOSTAT_VERIFY_YES)
			answer = photostat_verify_verdict(receipt, sentence);
	}
	puts(sentence);
	photostat_verify_receipt_close(receipt);
	photostat_verify_policy_close(policy);
	free(receipt_bytes);
	free(policy_bytes);
	return answer;
}
