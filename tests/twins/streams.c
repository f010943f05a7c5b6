/* SPDX-License-Identifier: MIT */
/* A stream or directory that is left open is one leak: its descriptor, which its heap
 * memory is told with. */
#include <dirent.h>
#include <fcntl.h>
#include <wchar.h>

#define TWIN_CASE "streams"
#include "twins.h"

/* Closed as what they are; each is used, so that it has its buffers. */
#define STREAM_OPENER(name, what, type, close_it, expression)                        \
	static __attribute__((noinline)) type *open_by_##name(void)                  \
	{                                                                            \
		type *stream = (expression);                                         \
		need(stream);                                                        \
		return stream;                                                       \
	}                                                                            \
	MUST_LEAK(name, what, "open_by_" #name) { lose(open_by_##name()); } END_TEST \
	MUST_PASS(name) { close_it(open_by_##name()); } END_TEST

static FILE *used(FILE *stream)
{
	need(stream);
	if (fgetc(stream) == EOF)
		clearerr(stream);
	return stream;
}

STREAM_OPENER(fopen, "/dev/null O_RDONLY (FILE, ", FILE, fclose, used(fopen("/dev/null", "r")))
STREAM_OPENER(fopen64, "/dev/null O_WRONLY (FILE, ", FILE, fclose, fopen64("/dev/null", "w"))
STREAM_OPENER(fdopen, "/dev/null O_RDONLY (FILE, ", FILE, fclose,
	      used(fdopen(open("/dev/null", O_RDONLY), "r")))
STREAM_OPENER(freopen, "/dev/zero O_RDONLY (FILE, ", FILE, fclose,
	      used(freopen("/dev/zero", "r", used(fopen("/dev/null", "r")))))
STREAM_OPENER(freopen64, "/dev/zero O_RDONLY (FILE, ", FILE, fclose,
	      freopen64("/dev/zero", "r", fopen("/dev/null", "r")))
STREAM_OPENER(tmpfile, "(FILE, ", FILE, fclose, used(tmpfile()))
STREAM_OPENER(tmpfile64, "(FILE, ", FILE, fclose, tmpfile64())
/* The process at the other end is one more leak. */
STREAM_OPENER(popen, AMONG "pipe:", FILE, pclose, used(popen("exit 0", "r")))
STREAM_OPENER(opendir, "O_DIRECTORY|O_CLOEXEC (DIR, ", DIR, closedir, opendir("/"))
STREAM_OPENER(fdopendir, " (DIR, ", DIR, closedir, fdopendir(open("/", O_RDONLY | O_DIRECTORY)))

static FILE *pushed_back(void)
{
	FILE *stream = used(fopen("/dev/zero", "r"));
	need(ungetc('a', stream) == 'a' && ungetc('b', stream) == 'b' && fgetc(stream) == 'b');
	return stream;
}
STREAM_OPENER(pushed_back, "/dev/zero O_RDONLY (FILE, ", FILE, fclose, pushed_back())
static FILE *wide(void)
{
	FILE *stream = fopen("/dev/zero", "r");
	need(stream && fwide(stream, 1) > 0);
	need(fgetwc(stream) == 0 && ungetwc(L'a', stream) == L'a');
	return stream;
}
STREAM_OPENER(wide, "/dev/zero O_RDONLY (FILE, ", FILE, fclose, wide())

/* Whose the memory is. */
static FILE *with_buffer(char *buffer)
{
	FILE *stream = fopen("/dev/zero", "r");
	need(stream && setvbuf(stream, buffer, _IOFBF, 1000) == 0);
	return used(stream);
}
MUST_LEAK(buffer_of_its_own, "heap 1000 B in 1 block", BODY)
{
	/* fclose does not free what the program gave. */
	need(fclose(with_buffer(malloc(1000))) == 0);
}
END_TEST
MUST_LEAK(both, AMONG "heap 1000 B in 1 block", BODY) { lose(with_buffer(malloc(1000))); } END_TEST
MUST_LEAK(buffer_lives_on, "(FILE, ", "with_buffer")
{
	static char room[1000];
	lose(with_buffer(room));
}
END_TEST
MUST_LEAK(closed_underneath, "heap ", BODY)
{
	FILE *stream = fopen("/dev/null", "r");
	close(fileno(stream));
	lose(stream);
}
END_TEST
MUST_LEAK(number_taken_over, AMONG "/dev/zero O_RDONLY", BODY)
{
	FILE *stream = fopen("/dev/null", "r");
	int fd = fileno(stream);
	close(fd);
	need(open("/dev/zero", O_RDONLY) == fd);
	lose(stream);
}
END_TEST
MUST_LEAK(redirected, "/dev/zero O_RDONLY (FILE, ", BODY)
{
	FILE *stream = fopen("/dev/null", "r");
	int zero = open("/dev/zero", O_RDONLY);
	need(dup2(zero, fileno(stream)) == fileno(stream));
	close(zero);
	lose(stream);
}
END_TEST
MUST_LEAK(memory_stream, AMONG "heap ", BODY)
{
	static char text[] = "abc";
	lose(fmemopen(text, 3, "r"));
}
END_TEST
MUST_PASS(memory_stream)
{
	char *text;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	fputs("abc", stream);
	fclose(stream);
	free(text);
}
END_TEST
/* glibc's flushes all streams, and closes none. */
MUST_LEAK(fcloseall, "/dev/null O_RDONLY (FILE, ", BODY)
{
	lose(fopen("/dev/null", "r"));
	fcloseall();
}
END_TEST
/* libstdc++'s own calls come through the same hooks. */
void *fstream_open(void);
void fstream_close(void *stream);
MUST_LEAK(fstream, AMONG "/dev/null O_WRONLY (FILE, ", "fstream_open") { lose(fstream_open()); }
END_TEST
MUST_PASS(fstream) { fstream_close(fstream_open()); } END_TEST
MUST_LEAK(three, AMONG "(FILE, ", "open_by_fopen64")
{
	for (int i = 0; i < 3; i++)
		lose(open_by_fopen64());
}
END_TEST

int main(int argc, char **argv)
{
	return twins_main(argc, argv);
}
