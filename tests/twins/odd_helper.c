/* SPDX-License-Identifier: MIT */
/* A library that is linked with leakcheck, for a program that is not. */
#include "leakcheck.h"

void helper_verify(void);

void helper_verify(void)
{
	LEAKCHECK_VERIFY_NONE();
}
