/* SPDX-License-Identifier: MIT */
/* A struct that its users do not know. */
#include <stdlib.h>

struct hidden {
	int count;
	struct {
		void *value;
	} slots[3];
};
struct hidden *hidden_new(void);
void **hidden_place(struct hidden *hidden);

struct hidden *hidden_new(void)
{
	return calloc(1, sizeof(struct hidden));
}

void **hidden_place(struct hidden *hidden)
{
	return &hidden->slots[1].value;
}
