// SPDX-License-Identifier: MIT
// Files as C++ opens them.
#include <fstream>

extern "C" {
void *fstream_open();
void fstream_close(void *stream);
}

__attribute__((noinline)) void *fstream_open()
{
	auto *stream = new std::ofstream("/dev/null");
	*stream << "hello" << std::flush;
	return stream;
}

void fstream_close(void *stream)
{
	delete static_cast<std::ofstream *>(stream);
}
