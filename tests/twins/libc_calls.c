/* SPDX-License-Identifier: MIT */
/* What calls of the C library leave behind is the library's, and no test's leak. */
#include <aio.h>
#include <dirent.h>
#include <dlfcn.h>
#include <execinfo.h>
#include <fcntl.h>
#include <glob.h>
#include <grp.h>
#include <iconv.h>
#include <libintl.h>
#include <locale.h>
#include <netdb.h>
#include <pthread.h>
#include <pwd.h>
#include <regex.h>
#include <search.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <syslog.h>
#include <threads.h>
#include <time.h>
#include <wchar.h>
#include <wordexp.h>

#define TWIN_CASE "libc"
#include "twins.h"

/* In the program's own data, but the library's. */
extern char **environ;

#define PASS(name, ...) MUST_PASS(name) { __VA_ARGS__ } END_TEST

static void *thread_main(void *argument) { return argument; }
static void *thread_that_exits(void *argument) { pthread_exit(argument); }
static _Thread_local char thread_local_data[64];
static void *thread_with_data(void *argument)
{
	thread_local_data[0] = 1;
	strerror(99999);
	free(malloc(100));
	return argument;
}
static void *thread_that_waits(void *argument)
{
	for (;;)
		pause();
	return argument;
}
static int c11_main(void *argument)
{
	(void)argument;
	return 0;
}
static void join(void *(*start)(void *))
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, start, NULL) == 0 && pthread_join(thread, NULL) == 0);
}
static void on_timer(union sigval value) { (void)value; }
static void at_exit(void) {}
static int compare(const void *a, const void *b) { return *(const int *)a - *(const int *)b; }

PASS(printf, printf("# x\n"); fflush(stdout);)
PASS(setlocale, setlocale(LC_ALL, "C.UTF-8");)
PASS(setlocale_back, setlocale(LC_ALL, "C.UTF-8"); setlocale(LC_ALL, "C");)
PASS(newlocale, locale_t l = newlocale(LC_ALL_MASK, "C.UTF-8", 0); if (l) freelocale(l);)
PASS(strerror, strerror(12345);)
PASS(strsignal, strsignal(99);)
PASS(localtime, time_t t = 0; localtime(&t);)
PASS(tzset, setenv("TZ", "Europe/Paris", 1); tzset();)
PASS(gmtime_r, time_t t = 0; struct tm m; gmtime_r(&t, &m); char b[64]; asctime_r(&m, b);)
PASS(getpwnam, getpwnam("root");)
PASS(getpwnam_r, struct passwd p; struct passwd *q; char b[1024];
     getpwnam_r("nobody", &p, b, sizeof b, &q);)
PASS(getgrnam, getgrnam("root");)
PASS(getaddrinfo_number, struct addrinfo *a; struct addrinfo h = { .ai_flags = AI_NUMERICHOST };
     if (getaddrinfo("127.0.0.1", "80", &h, &a) == 0) freeaddrinfo(a);)
PASS(getaddrinfo, struct addrinfo *a;
     if (getaddrinfo("localhost", "80", NULL, &a) == 0) freeaddrinfo(a);)
PASS(gethostbyname, gethostbyname("localhost");)
PASS(getservbyname, getservbyname("http", "tcp");)
PASS(getlogin, getlogin();)
PASS(fopen, FILE *f = fopen("/dev/null", "w"); fputs("a", f); fclose(f);)
PASS(popen, FILE *f = popen("true", "r"); pclose(f);)
PASS(system, need(system("true") == 0);)
PASS(tmpfile, FILE *f = tmpfile(); fclose(f);)
PASS(getline, FILE *f = fopen("/etc/passwd", "r"); char *l = NULL; size_t n = 0;
     need(getline(&l, &n, f) > 0); free(l); fclose(f);)
PASS(ungetc, ungetc('a', stdin); getc(stdin);)
PASS(setenv_new, static int k; char b[32]; snprintf(b, sizeof b, "TWIN%d", k++);
     setenv(b, "v", 1); need(environ);)
PASS(setenv_same, setenv("TWINX", "v", 1);)
PASS(putenv, static char text[] = "TWINY=v"; putenv(text);)
PASS(iconv, iconv_t c = iconv_open("UTF-16", "UTF-8"); iconv_close(c);)
PASS(regcomp, regex_t r; regcomp(&r, "a[b-z]*c", REG_EXTENDED); regexec(&r, "abc", 0, 0, 0);
     regfree(&r);)
PASS(dlopen, void *h = dlopen("libz.so.1", RTLD_NOW); if (h) dlclose(h);)
PASS(dlopen_kept, static void *h; if (!h) h = dlopen("libz.so.1", RTLD_NOW);)
PASS(dlopen_fails, need(!dlopen("/nonexistent.so", RTLD_NOW));)
PASS(dlerror, dlopen("/nonexistent.so", RTLD_NOW); dlerror();)
PASS(dlsym_fails, need(!dlsym(RTLD_DEFAULT, "nope_nope"));)
PASS(backtrace, void *b[8]; backtrace(b, 8);)
PASS(backtrace_symbols, void *b[8]; int n = backtrace(b, 8); free(backtrace_symbols(b, n));)
PASS(pthread_join, join(thread_main);)
PASS(pthread_exit, join(thread_that_exits);)
PASS(pthread_with_data, join(thread_with_data);)
PASS(pthread_detached, pthread_t t; pthread_attr_t a; pthread_attr_init(&a);
     pthread_attr_setdetachstate(&a, PTHREAD_CREATE_DETACHED);
     need(pthread_create(&t, &a, thread_main, NULL) == 0);)
PASS(pthread_cancel, pthread_t t; need(pthread_create(&t, NULL, thread_that_waits, NULL) == 0);
     pthread_cancel(t); pthread_join(t, NULL);)
MUST_LEAK(pthread_unjoined, AMONG "never joined", BODY)
{
	pthread_t thread;
	need(pthread_create(&thread, NULL, thread_main, NULL) == 0);
}
END_TEST
PASS(thrd_join, thrd_t t; need(thrd_create(&t, c11_main, NULL) == thrd_success);
     thrd_join(t, NULL);)
PASS(pthread_key, pthread_key_t k; pthread_key_create(&k, NULL); pthread_setspecific(k, &k);
     pthread_key_delete(k);)
PASS(timer_with_thread, timer_t t; struct sigevent e = { .sigev_notify = SIGEV_THREAD };
     e.sigev_notify_function = on_timer; need(timer_create(CLOCK_MONOTONIC, &e, &t) == 0);
     timer_delete(t);)
PASS(aio, static char b[8]; int fd = open("/etc/passwd", O_RDONLY);
     struct aiocb a = { .aio_fildes = fd, .aio_buf = b, .aio_nbytes = 8 }; aio_read(&a);
     const struct aiocb *l[] = { &a }; aio_suspend(l, 1, NULL); aio_return(&a); close(fd);)
PASS(atexit, for (int i = 0; i < 40; i++) atexit(at_exit);)
PASS(opendir, DIR *d = opendir("/"); readdir(d); closedir(d);)
PASS(glob, glob_t g; glob("/*", 0, NULL, &g); globfree(&g);)
PASS(wordexp, wordexp_t w; wordexp("a $HOME", &w, 0); wordfree(&w);)
PASS(syslog, openlog("x", 0, LOG_USER); syslog(LOG_DEBUG, "x"); closelog();)
PASS(syslog_left_open, syslog(LOG_DEBUG, "x");)
PASS(gettext, bindtextdomain("x", "/tmp"); textdomain("x"); gettext("hello");)
PASS(qsort, char *v = malloc(100000); memset(v, 1, 100000); qsort(v, 25000, 4, compare); free(v);)
PASS(swprintf, wchar_t w[32]; swprintf(w, 32, L"%ls %d", L"x", 3);)
PASS(snprintf_of_double, char b[64]; snprintf(b, sizeof b, "%.30Lf", 1.0L / 3);)
PASS(sem_open, sem_t *s = sem_open("/twins", O_CREAT, 0600, 1); if (s != SEM_FAILED) sem_close(s);
     sem_unlink("/twins");)
PASS(hcreate, hcreate(10); hdestroy();)
PASS(fork, pid_t p = fork(); if (p == 0) _exit(0); need(waitpid(p, NULL, 0) == p);)

int main(int argc, char **argv) { return twins_main(argc, argv); }
