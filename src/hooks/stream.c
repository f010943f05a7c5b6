/* SPDX-License-Identifier: MIT */
/* The stream functions through which Check speaks, and dlclose. */
#include <dlfcn.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/real.h"
#include "base/self.h"
#include "probe/gone.h"
#include "probe/listener.h"
#include "probe/unwind.h"
#include "base/light.h"

#define FRAME __builtin_frame_address(0)

LK_EXPORT size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream)
{
	if (LK_LIKELY(!lk_listener.writing(bytes, size * count, stream, FRAME)))
		return LK_REAL(fwrite)(bytes, size, count, stream);
	/* The stream's buffer is Check's, not the test's. */
	lk_self.quiet++;
	size_t written = LK_REAL(fwrite)(bytes, size, count, stream);
	lk_self.quiet--;
	return written;
}

LK_EXPORT int fflush(FILE *stream)
{
	lk_listener.flushing(stream);
	return LK_REAL(fflush)(stream);
}

LK_EXPORT void rewind(FILE *stream)
{
	if (lk_listener.owns_stream(stream))
		lk_listener.rewinding(stream);
	LK_REAL(rewind)(stream);
}

LK_EXPORT int dlclose(void *handle)
{
	struct lk_loaded *before = lk_gone_before();
	int status = LK_REAL(dlclose)(handle);

	lk_unwind_forget_modules();
	lk_gone_after(before);
	return status;
}
