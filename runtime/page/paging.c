/* Paging: block inputs on their way to the program's pager and back. */
#include <lorac/lrt.h>

void lrt_page_out(struct lrt_model *m, const float *data, int64_t bytes, int64_t offset) {
    if (m->page_status != LRT_OK) return;
    m->page_status = m->pager->write(m->pager->context, &m->run, (uint64_t)offset, data, (size_t)bytes);
}

void lrt_page_in(struct lrt_model *m, float *data, int64_t bytes, int64_t offset, int ahead) {
    if (m->page_status != LRT_OK) return;
    m->page_status = m->pager->read(m->pager->context, &m->run, (uint64_t)offset, data, (size_t)bytes);
    if (ahead && m->page_status == LRT_OK && m->pager->ahead)
        m->pager->ahead(m->pager->context, (uint64_t)(offset - bytes), (size_t)bytes);
}
