/* SPDX-License-Identifier: MIT */
#include "base/self.h"

#include "base/light.h"

LK_TLS struct lk_self lk_self;
