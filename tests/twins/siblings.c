/* SPDX-License-Identifier: MIT */
/* Leaks beside blocks from the same place that are released. */
#include <stdlib.h>

#define TWIN_CASE "siblings"
#include "twins.h"

struct node {
	struct node *next;
};

/* A wrapper on both sides, and two functions in between. */
static void *xmalloc(size_t size)
{
	void *block = malloc(size);
	if (!block)
		abort();
	return block;
}
static void xfree(void *block)
{
	free(block);
}
__attribute__((noinline)) static struct node *node_new(struct node *next)
{
	struct node *node = xmalloc(sizeof *node);
	node->next = next;
	return node;
}
__attribute__((noinline)) static void node_free(struct node *node)
{
	xfree(node); /* HERE */
}
__attribute__((noinline)) static void drop(struct node *node)
{
	free(node); /* DROPPED */
}

MUST_LEAK(one_of_many, "heap 8 B in 1 block", "node_new")
{
	struct node *list = NULL;
	for (int i = 0; i < 10; i++)
		list = node_new(list);
	while (list->next) {
		struct node *next = list->next;
		node_free(list);
		list = next;
	}
	lose(list);
}
END_TEST
/* Of another caller of the same function. */
MUST_LEAK(other_caller, "heap 8 B in 1 block", "node_new")
{
	lose(node_new(NULL));
	node_free(node_new(NULL));
}
END_TEST
MUST_LEAK(mostly, "heap 8 B in 1 block", "node_new")
{
	lose(node_new(NULL));
	for (int i = 0; i < 3; i++)
		node_free(node_new(NULL));
	drop(node_new(NULL));
}
END_TEST
static struct node *list;
MUST_LEAK(that_grows, "heap 8 B in 1 block, retained by siblings.c 'list', rises each time", "node_new")
{
	list = node_new(list);
	node_free(node_new(NULL));
}
END_TEST
/* The wrapper alone is no kinship: another function, or another line of the test. */
MUST_LEAK(wrapper_alone, "heap 8 B in 1 block", "node_new")
{
	lose(node_new(NULL));
	xfree(xmalloc(8));
}
END_TEST
MUST_LEAK(other_line, "heap 30 B in 1 block", BODY)
{
	lose(xmalloc(30));
	xfree(xmalloc(30));
}
END_TEST
MUST_LEAK(no_sibling, "heap 8 B in 1 block", "node_new") { lose(node_new(NULL)); } END_TEST
int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
