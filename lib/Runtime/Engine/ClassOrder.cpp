// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Changes of the order of runtime §1.4: one dense array, bucket after bucket.
// Walks that are under way keep their place in it.

#include "Impl.h"

namespace starton::engine {

namespace {

/// A position as a place in a bucket.
struct Place {
  uint32_t bucket;
  uint32_t offset; ///< among those that stay
};

} // namespace

static Place placeOf(const Vector<ClassIndex> &order,
                     const Vector<JobClass> &classes, const uint32_t *ends,
                     uint32_t position) {
  uint32_t bucket = 0;
  uint32_t begin = 0;
  while (bucket < NumBuckets - 1 && position >= ends[bucket])
    begin = ends[bucket++];
  Place place{bucket, 0};
  for (uint32_t i = begin; i < position; ++i)
    place.offset += !classes[order[i]].displaced;
  return place;
}

/// Drops the displaced ones of a bucket; how many stay.
uint32_t Engine::Impl::squeezeBucket(uint32_t begin, uint32_t end) {
  uint32_t out = begin;
  for (uint32_t i = begin; i < end; ++i)
    if (!classes[order[i]].displaced)
      order[out++] = order[i];
  return out - begin;
}

/// Classes marked as displaced lose their places; those of \p appended get one
/// at the end of their buckets. Needs reserveClasses().
void Engine::Impl::reorder(Span<const ClassIndex> appended, uint32_t touched) {
  Walk *walks[] = {&quiesce.stop, &quiesce.complain, &retry};
  Place places[3] = {};
  for (unsigned i = 0; i < 3; ++i)
    if (walks[i]->active)
      places[i] = placeOf(order, classes, bucketEnds, walks[i]->position);

  uint32_t oldBegin[NumBuckets];
  uint32_t newBegin[NumBuckets];
  uint32_t stay[NumBuckets];
  uint32_t grown[NumBuckets] = {};
  for (ClassIndex job : appended)
    ++grown[classes[job].nameHash % NumBuckets];
  uint32_t begin = 0;
  uint32_t out = 0;
  for (uint32_t b = 0; b < NumBuckets; ++b) {
    uint32_t end = bucketEnds[b];
    oldBegin[b] = begin;
    newBegin[b] = out;
    stay[b] = (touched >> b & 1) != 0 ? squeezeBucket(begin, end) : end - begin;
    begin = end;
    out += stay[b] + grown[b];
  }
  if (out > order.size())
    (void)order.resize(out); // there is room
  moveBuckets(oldBegin, newBegin, stay);
  order.shrink(out);
  for (uint32_t b = 0; b < NumBuckets; ++b)
    bucketEnds[b] = newBegin[b] + stay[b];
  for (ClassIndex job : appended) {
    classes[job].displaced = false;
    order[bucketEnds[classes[job].nameHash % NumBuckets]++] = job;
  }
  for (uint32_t b = 0; b < NumBuckets; ++b)
    if ((touched >> b & 1) != 0 || grown[b] || oldBegin[b] != newBegin[b])
      for (uint32_t i = newBegin[b]; i < bucketEnds[b]; ++i)
        classes[order[i]].position = i;
  for (unsigned i = 0; i < 3; ++i)
    walks[i]->position =
        walks[i]->active ? newBegin[places[i].bucket] + places[i].offset : 0;
  remark();
}

/// To the left from the left, then to the right from the right: nothing that
/// still has to move is overwritten.
void Engine::Impl::moveBuckets(const uint32_t *from, const uint32_t *to,
                               const uint32_t *sizes) {
  auto move = [&](uint32_t b) {
    std::memmove(static_cast<void *>(order.data() + to[b]),
                 order.data() + from[b], sizes[b] * sizeof(ClassIndex));
  };
  for (uint32_t b = 0; b < NumBuckets; ++b)
    if (to[b] < from[b])
      move(b);
  for (uint32_t b = NumBuckets; b-- > 0;)
    if (to[b] > from[b])
      move(b);
}

/// The classes that the event being handled has still to come to.
void Engine::Impl::remark() {
  if (firstMarked > lastMarked)
    return;
  std::memset(static_cast<void *>(marked.data()), 0,
              marked.size() * sizeof(uint64_t));
  firstMarked = None;
  lastMarked = 0;
  for (ClassIndex job : order)
    if ((classes[job].startMarked || classes[job].stopMarked) &&
        job != poll.job)
      mark(job);
}

void Engine::Impl::mark(ClassIndex job) {
  uint32_t position = classes[job].position;
  uint32_t word = position / 64;
  marked[word] |= uint64_t(1) << (position % 64);
  firstMarked = word < firstMarked ? word : firstMarked;
  lastMarked = word > lastMarked ? word : lastMarked;
}

} // namespace starton::engine
