/* SPDX-License-Identifier: MIT */
/* What check/ may know of the light tower: the hooks' events and the run. */
#ifndef LK_API_WATCH_H
#define LK_API_WATCH_H

#include "base/real.h"
#include "base/self.h"
#include "probe/budget.h"
#include "probe/checkpoint.h"
#include "probe/child.h"
#include "probe/descriptor.h"
#include "probe/freeze.h"
#include "probe/heap.h"
#include "probe/lessons.h"
#include "probe/listener.h"
#include "probe/reach.h"
#include "probe/recount.h"
#include "probe/soak.h"
#include "probe/serial.h"
#include "probe/release.h"
#include "probe/stack_bounds.h"
#include "probe/thread.h"
#include "probe/totals.h"
#include "probe/tracker.h"

#endif
