// Random directions: what is to be expected of a gradient that is estimated from them.
#pragma once

struct expectation { // mean and standard deviation of one estimate
    double cosine, cosine_deviation;
    double norm, norm_deviation; // over the true gradient's
};

// The estimate is the mean over `directions` v ~ N(0, I) in `numbers` dimensions of <v, gradient> v (SPRY,
// arXiv:2405.15551; with one direction also MeZO, arXiv:2305.17333, but for its finite step). Its squared cosine with
// the gradient is Beta(K/2, (d-1)/2), so that E cos = G((K+1)/2) G((d+K-1)/2) / (G(K/2) G((d+K)/2)) with the gamma
// function G, about sqrt(2 / (pi d)) for K = 1; its length over the gradient's has the mean (d+K-1)/K E cos and the
// mean square (d+K+1)/K.
struct expectation expect_directions(double numbers, double directions);
