// SPDX-License-Identifier: MIT
// What C++ does in C's place: its thread, its operators new.
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <vector>

extern "C" {
void cpp_thread_joined();
void cpp_thread_detached_for_ever();
void *cpp_new(int how);
void cpp_delete(void *object, int how);
void cpp_containers();
}

void cpp_thread_joined()
{
	int done = 0;
	std::thread thread([&done] { done = 1; });
	thread.join();
}

void cpp_thread_detached_for_ever()
{
	std::thread([] {
		std::mutex mutex;
		std::condition_variable never;
		std::unique_lock<std::mutex> lock(mutex);
		for (;;)
			never.wait(lock);
	}).detach();
}

struct alignas(64) aligned {
	char bytes[128];
};

// Each way has its own delete.
void *cpp_new(int how)
{
	switch (how) {
	case 0:
		return new char;
	case 1:
		return new char[100];
	case 2:
		return new (std::nothrow) long;
	case 3:
		return new (std::nothrow) long[10];
	default:
		return new aligned;
	}
}

void cpp_delete(void *object, int how)
{
	switch (how) {
	case 0:
		delete static_cast<char *>(object);
		break;
	case 1:
		delete[] static_cast<char *>(object);
		break;
	case 2:
		delete static_cast<long *>(object);
		break;
	case 3:
		delete[] static_cast<long *>(object);
		break;
	default:
		delete static_cast<aligned *>(object);
	}
}

void cpp_containers()
{
	std::vector<std::string> words;
	for (int i = 0; i < 1000; i++)
		words.push_back("a string that is too long to be kept inside " + std::to_string(i));
	try {
		throw std::string("an exception is allocated, too");
	} catch (const std::string &) {
	}
}
