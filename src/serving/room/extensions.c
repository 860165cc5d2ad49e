/* Where proof, citation and machines join the room's pages. */
#include "internal.h"

void extension_head(struct page *page, struct shown *shown)
{
	(void)page;
	(void)shown;
}

void extension_proof(struct page *page, struct shown *shown)
{
	(void)page;
	(void)shown;
}

void extension_citation(struct page *page, struct shown *shown)
{
	(void)page;
	(void)shown;
}

bool extension_takes(struct str path)
{
	(void)path;
	return false;
}

bool extension_answer(struct page *page, struct str path)
{
	(void)page;
	(void)path;
	return false;
}

bool extension_answer_record(struct page *page, struct shown *shown, struct str suffix)
{
	(void)page;
	(void)shown;
	(void)suffix;
	return false;
}
